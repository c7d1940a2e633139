// What is unusual about a file, and which of its first rows would be rejected.

import { Alert, List, Stack, Text } from '@mantine/core';
import type { ReadingDraft } from '../../../api/reading-draft.ts';
import type { Inspection } from '../../../api/upload/inspect-file.ts';
import { WarningIcon } from '../../../components/display/icons.tsx';
import { plainIssue, plainWarning } from '../../../utils/errors/plain-message.ts';
import { formatCount, pluralize } from '../../../utils/format.ts';
import { EncodingOffer } from './encoding-offer.tsx';

interface InspectionNotesProps {
  file: File;
  draft: ReadingDraft;
  inspection: Inspection;
  onChange(changes: Partial<ReadingDraft>): void;
}

const SHOWN_ROWS = 3;
const ENCODING_CODES = new Set(['INVALID_UTF8', 'INVALID_ENCODING']);

export function InspectionNotes({ file, draft, inspection, onChange }: InspectionNotesProps) {
  const { rows } = inspection;
  // The page shows by itself what the columns were recognized as.
  const warnings = inspection.warnings.filter(({ code }) => code !== 'GUESSED_COLUMNS');
  // As long as it is not known what the columns mean, rows say nothing.
  const rejected = (inspection.error ? [] : rows).flatMap(({ line, issue }) =>
    issue ? [{ line, ...issue }] : [],
  );
  if (warnings.length + rejected.length === 0) return null;
  return (
    <Alert
      color="yellow"
      icon={<WarningIcon />}
      title={rejected.length > 0 ? rejectedTitle(rejected.length, rows.length) : 'Please check'}
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap="sm" align="flex-start">
        <List size="sm" spacing={4}>
          {warnings.map((warning) => (
            <List.Item key={warning.code + warning.message}>{plainWarning(warning)}</List.Item>
          ))}
          {rejected.slice(0, SHOWN_ROWS).map((issue) => (
            <List.Item key={issue.line}>
              Line {formatCount(issue.line)}: {plainIssue(issue)}
            </List.Item>
          ))}
        </List>
        {rejected.length > SHOWN_ROWS && (
          <Text size="sm">and {formatCount(rejected.length - SHOWN_ROWS)} more.</Text>
        )}
        {rejected.some(({ code }) => ENCODING_CODES.has(code)) && (
          <EncodingOffer file={file} draft={draft} onChange={onChange} />
        )}
      </Stack>
    </Alert>
  );
}

function rejectedTitle(count: number, of: number): string {
  const rows =
    count === of
      ? `All of the first ${pluralize(of, 'row')}`
      : `${formatCount(count)} of the first ${pluralize(of, 'row')}`;
  return `${rows} cannot be imported`;
}
