// Import options of a data source: overrides of the detected format, and the limit of rejected rows.

import { Checkbox, Fieldset, Stack, TextInput } from '@mantine/core';
import { DUPLICATE_RULES } from '../../../components/reading/duplicate-rules.ts';
import { ENCODINGS } from '../../../utils/reading/encodings.ts';
import type { FieldErrors, OptionsDraft } from './source-draft.ts';
import { UsualSelect } from './usual-select.tsx';

interface ImportOptionFieldsProps {
  options: OptionsDraft;
  errors: FieldErrors;
  onChange(options: OptionsDraft): void;
}

const NARROW = { input: { maxWidth: '12rem' }, wrapper: { maxWidth: '12rem' } };

export function ImportOptionFields({ options, errors, onChange }: ImportOptionFieldsProps) {
  const change = (changes: Partial<OptionsDraft>) => onChange({ ...options, ...changes });
  return (
    <Fieldset legend="Import options" styles={{ legend: { fontWeight: 600 } }}>
      <Stack gap="sm">
        <UsualSelect
          label="If several rows have the same SKU"
          usual="LAST_WINS"
          choices={DUPLICATE_RULES}
          hasProfile={options.profile !== ''}
          value={options.onDuplicate}
          onChange={(onDuplicate) => change({ onDuplicate })}
        />
        <TextInput
          label="Sheet of the workbook"
          description="If the files are workbooks. If empty, the only sheet with data is read."
          autoComplete="off"
          styles={NARROW}
          value={options.sheet}
          error={errors.sheet}
          onChange={({ currentTarget }) => change({ sheet: currentTarget.value })}
        />
        <TextInput
          label="Encoding"
          description="If letters such as é or ü look wrong, choose another one, or enter its name. If empty, it is found out, and is UTF-8 where nothing says otherwise."
          list="encodings"
          autoComplete="off"
          spellCheck={false}
          styles={NARROW}
          value={options.encoding}
          error={errors.encoding}
          onChange={({ currentTarget }) => change({ encoding: currentTarget.value })}
        />
        <datalist id="encodings">
          {ENCODINGS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </datalist>
        <TextInput
          label="Delimiter"
          description="What separates the columns: a character, or the word tab. If empty, it is found out from the header."
          autoComplete="off"
          spellCheck={false}
          styles={NARROW}
          value={options.delimiter}
          error={errors.delimiter}
          onChange={({ currentTarget }) => change({ delimiter: currentTarget.value })}
        />
        <TextInput
          label="Maximum rejected rows"
          description="An import with more rejected rows fails without changing anything. If empty, the server's limit applies."
          inputMode="numeric"
          autoComplete="off"
          styles={NARROW}
          value={options.maxRejectedRows}
          error={errors.maxRejectedRows}
          onChange={({ currentTarget }) => change({ maxRejectedRows: currentTarget.value })}
        />
        <Checkbox
          label="Treat quotes as ordinary characters"
          description="For files that do not use quoting. Each line is a row."
          checked={options.isUnquoted}
          onChange={({ currentTarget }) => change({ isUnquoted: currentTarget.checked })}
        />
        <Checkbox
          label="Ignore spaces after a delimiter"
          checked={options.skipInitialSpace}
          onChange={({ currentTarget }) => change({ skipInitialSpace: currentTarget.checked })}
        />
      </Stack>
    </Fieldset>
  );
}
