// Why a file cannot be imported as it is read now, and what to do about it.

import { Alert, Button, NativeSelect, Stack, Text } from '@mantine/core';
import { FIELDS, type ProductField, type ReadingDraft } from '../../../api/reading-draft.ts';
import type { Inspection, InspectionError } from '../../../api/upload/inspect-file.ts';
import { WarningIcon } from '../../../components/display/icons.tsx';
import { errorTitle } from '../../../utils/errors/error-texts.ts';
import { plainError } from '../../../utils/errors/plain-message.ts';
import { delimiterWord } from '../../../utils/reading/delimiters.ts';
import { guessDelimiter } from '../../../utils/reading/guess-delimiter.ts';
import { EncodingOffer } from './encoding-offer.tsx';

interface InspectionProblemProps {
  file: File;
  draft: ReadingDraft;
  inspection: Inspection | undefined;
  error: InspectionError | undefined;
  missing: readonly ProductField[];
  onChange(changes: Partial<ReadingDraft>): void;
  onRetry(): void;
}

const WHAT: Record<ProductField, string> = {
  SKU: 'the SKU',
  NAME: 'the name',
  DESCRIPTION: 'the description',
};

export function InspectionProblem(props: InspectionProblemProps) {
  const { file, draft, inspection, error, missing, onChange, onRetry } = props;
  const fault = error ?? inspection?.error;
  if (!fault) return null;
  if (!error && missing.length > 0) return <MissingColumns {...props} fault={fault} />;
  const { code } = fault;
  const sheets = error?.sheets ?? [];
  return (
    <Alert
      color="red"
      icon={<WarningIcon />}
      role="alert"
      title={errorTitle(code, 'The file cannot be imported like this')}
    >
      <Stack gap="sm" align="flex-start">
        {sheets.length > 0 ? (
          <NativeSelect
            label="Sheet to import"
            data={[{ value: '', label: 'Choose a sheet' }, ...sheets]}
            value={draft.sheet}
            onChange={({ currentTarget }) => onChange({ sheet: currentTarget.value })}
          />
        ) : (
          <Text size="sm">{plainError(fault)}</Text>
        )}
        {code === 'UNBALANCED_QUOTE' && (
          <Text size="sm">
            If quotes are part of the text in this file, or spaces follow its delimiters, say so under
            Options.
          </Text>
        )}
        {code === 'PROFILE_NOT_FOUND' && (
          <Button size="xs" variant="default" onClick={() => onChange({ profile: '' })}>
            Go on without the profile
          </Button>
        )}
        {code === 'CONNECTION_LOST' && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {(code === 'INVALID_ENCODING' || code === 'NOT_A_CSV') && (
          <EncodingOffer file={file} draft={draft} onlyWide={code === 'NOT_A_CSV'} onChange={onChange} />
        )}
      </Stack>
    </Alert>
  );
}

function MissingColumns({
  missing,
  onChange,
  draft,
  inspection,
  fault,
}: InspectionProblemProps & { fault: { code: string; message: string } }) {
  const isOneColumn = inspection?.columns.length === 1;
  const isRecognized = missing.length < FIELDS.length;
  const lacksDescription = isRecognized && missing.includes('DESCRIPTION');
  return (
    <Alert
      color="orange"
      icon={<WarningIcon />}
      role="alert"
      title={
        isRecognized
          ? `Which column has ${missing.map((field) => WHAT[field]).join(' and ')}?`
          : 'The columns are not recognized'
      }
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap="sm" align="flex-start">
        {!isRecognized && <Text size="sm">{plainError(fault)}</Text>}
        {isOneColumn ? (
          <DelimiterOffer draft={draft} inspection={inspection} onChange={onChange} />
        ) : (
          <Text size="sm">
            {isRecognized
              ? 'Choose it in the table below.'
              : 'If this is the header of the products, choose the columns in the table below.'}
            {lacksDescription && ' If there are no descriptions, leave them empty.'}
          </Text>
        )}
        {lacksDescription && (
          <Button
            size="xs"
            variant="default"
            onClick={() => onChange({ defaults: { ...draft.defaults, DESCRIPTION: '' } })}
          >
            Leave descriptions empty
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** For a file that was read as one column, as its columns are separated by something unusual. */
function DelimiterOffer({
  draft,
  inspection,
  onChange,
}: Pick<InspectionProblemProps, 'draft' | 'inspection' | 'onChange'>) {
  const { columns = [], rows = [] } = inspection ?? {};
  const lines = rows.flatMap(({ values }) => (values.length === 1 ? values : []));
  const guess = guessDelimiter(columns[0] ?? '', lines);
  if (guess === undefined || guess === draft.delimiter) {
    return (
      <Text size="sm">The file was read as one column. Choose under Options what separates its columns.</Text>
    );
  }
  return (
    <Button size="xs" variant="default" onClick={() => onChange({ delimiter: guess })}>
      Read it as separated by {delimiterWord(guess)}
    </Button>
  );
}
