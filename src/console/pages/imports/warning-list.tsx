// What was skipped or guessed while a file was read, although no row was rejected for it.

import { Alert, List } from '@mantine/core';
import { useFreshQuery } from '../../api/api.tsx';
import { WarningIcon } from '../../components/display/icons.tsx';
import { warningLabel } from '../../utils/errors/issue-labels.ts';
import { plainWarning } from '../../utils/errors/plain-message.ts';
import { Warnings } from './documents.ts';

export function WarningList({ id }: { id: string }) {
  const [{ data }] = useFreshQuery({ query: Warnings, variables: { id } });
  const warnings = data?.import?.warnings ?? [];
  if (warnings.length === 0) return null;
  return (
    <Alert
      color="yellow"
      icon={<WarningIcon />}
      title="Please check"
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <List size="sm" spacing={4} aria-label="Warnings">
        {warnings.map((warning) => (
          <List.Item key={warning.code + warning.message}>
            <b>{warningLabel(warning.code)}.</b> {plainWarning(warning)}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
