// How a file is read, where the page should not find out by itself.

import { Checkbox, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { DuplicateRule, ReadingDraft } from '../../../api/reading-draft.ts';
import type { Inspection } from '../../../api/upload/inspect-file.ts';
import {
  type DefaultErrors,
  DefaultFields,
  defaultErrors,
} from '../../../components/reading/default-fields.tsx';
import { DUPLICATE_RULES } from '../../../components/reading/duplicate-rules.ts';
import { DELIMITERS } from '../../../utils/reading/delimiters.ts';
import { ENCODINGS, encodingLabel } from '../../../utils/reading/encodings.ts';

interface OptionFieldsProps {
  draft: ReadingDraft;
  inspection: Inspection | undefined;
  /** The sheets of a workbook, if they are known. */
  sheets: readonly string[];
  errors: DraftErrors;
  onChange(changes: Partial<ReadingDraft>): void;
}

export type DraftErrors = DefaultErrors & Partial<Record<'delimiter', string>>;

const OTHER = 'other';
/** As the server's rule: one character that has no other meaning in a CSV file. */
const DELIMITER = /^(?!")[\t\x20-\x7e]$/;
/** The maximum of the GraphQL type Int. */
const LARGEST_INT = 2 ** 31 - 1;

/** What is wrong with the fields. */
export function draftErrors({ delimiter, defaults }: ReadingDraft): DraftErrors {
  return {
    ...(delimiter !== '' &&
      !DELIMITER.test(delimiter) && { delimiter: 'Enter one character, such as ^ or ~.' }),
    ...defaultErrors(defaults),
  };
}

export function OptionFields({ draft, inspection, sheets, errors, onChange }: OptionFieldsProps) {
  const isWorkbook = inspection?.format === 'XLSX' || sheets.length > 0 || draft.sheet !== '';
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md" verticalSpacing="md">
      {isWorkbook ? (
        <SheetField draft={draft} sheets={sheets} onChange={onChange} />
      ) : (
        <>
          <EncodingField draft={draft} inspection={inspection} onChange={onChange} />
          <DelimiterField draft={draft} error={errors.delimiter} onChange={onChange} />
        </>
      )}
      <NativeSelect
        label="If several rows have the same SKU"
        data={DUPLICATE_RULES}
        value={draft.onDuplicate}
        onChange={({ currentTarget }) => onChange({ onDuplicate: currentTarget.value as DuplicateRule })}
      />
      <NumberInput
        label="Stop if more rows than this cannot be imported"
        placeholder="As many as the server allows"
        min={0}
        max={LARGEST_INT}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        thousandSeparator=","
        value={draft.maxRejectedRows ?? ''}
        onChange={(value) => onChange({ maxRejectedRows: typeof value === 'number' ? value : null })}
      />
      {!isWorkbook && (
        <Stack gap="sm">
          <Checkbox
            label="Quotes are part of the text"
            description="For files without quoting. Each line is a row."
            checked={draft.isUnquoted}
            onChange={({ currentTarget }) => onChange({ isUnquoted: currentTarget.checked })}
          />
          <Checkbox
            label="Ignore spaces after a delimiter"
            checked={draft.skipInitialSpace}
            onChange={({ currentTarget }) => onChange({ skipInitialSpace: currentTarget.checked })}
          />
        </Stack>
      )}
      <DefaultFields
        defaults={draft.defaults}
        errors={errors}
        onChange={(defaults) => onChange({ defaults })}
      />
    </SimpleGrid>
  );
}

type FieldProps = Pick<OptionFieldsProps, 'draft' | 'onChange'>;

function EncodingField({ draft, inspection, onChange }: FieldProps & Pick<OptionFieldsProps, 'inspection'>) {
  const { encoding } = draft;
  const isListed = encoding === '' || ENCODINGS.some(({ value }) => value === encoding);
  const detected = inspection && encoding === '' ? ` (${encodingLabel(inspection.encoding)})` : '';
  return (
    <NativeSelect
      label="Encoding"
      description="If letters such as é or ü look wrong, it is another one."
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      data={[
        { value: '', label: `Automatic${detected}` },
        ...(isListed ? [] : [{ value: encoding, label: encoding }]),
        ...ENCODINGS,
      ]}
      value={encoding}
      onChange={({ currentTarget }) => onChange({ encoding: currentTarget.value })}
    />
  );
}

function DelimiterField({ draft, error, onChange }: FieldProps & { error: ReactNode }) {
  const { delimiter } = draft;
  const isListed = delimiter === '' || DELIMITERS.some(({ value }) => value === delimiter);
  const [isOther, setOther] = useState(!isListed);
  return (
    <Stack gap="xs">
      <NativeSelect
        label="What separates the columns"
        data={[
          { value: '', label: 'Automatic' },
          ...DELIMITERS.map(({ value, label }) => ({ value, label })),
          { value: OTHER, label: 'Another character' },
        ]}
        value={isOther ? OTHER : delimiter}
        onChange={({ currentTarget: { value } }) => {
          setOther(value === OTHER);
          onChange({ delimiter: value === OTHER ? '' : value });
        }}
      />
      {isOther && (
        <TextInput
          aria-label="The character that separates the columns"
          maxLength={1}
          w="5rem"
          value={delimiter}
          error={error}
          onChange={({ currentTarget }) => onChange({ delimiter: currentTarget.value })}
        />
      )}
    </Stack>
  );
}

function SheetField({ draft, sheets, onChange }: FieldProps & Pick<OptionFieldsProps, 'sheets'>) {
  const change = (sheet: string) => onChange({ sheet });
  if (sheets.length === 0) {
    return (
      <TextInput
        label="Sheet of the workbook"
        placeholder="The only one with data"
        value={draft.sheet}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      />
    );
  }
  return (
    <NativeSelect
      label="Sheet of the workbook"
      data={[{ value: '', label: 'Choose a sheet' }, ...sheets]}
      value={draft.sheet}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}
