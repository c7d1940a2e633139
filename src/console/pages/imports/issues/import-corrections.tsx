// Imports the corrected rows, and says what became of those that were imported last.

import { Anchor, Button, Group, Loader, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { ImportState } from '../../../api/live/import-state.ts';
import { CheckIcon } from '../../../components/display/icons.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { plainError } from '../../../utils/errors/plain-message.ts';
import { formatCount, pluralize } from '../../../utils/format.ts';
import classes from './issue-grid.module.css';
import type { useCorrections } from './use-corrections.ts';

export function ImportCorrections({ correcting }: { correcting: ReturnType<typeof useCorrections> }) {
  const { corrections, count, send, isSending, isRunning, error, sent } = correcting;
  const refused = [...corrections.values()].filter(({ fault }) => fault).length;
  const failed = sent.find((state) => state.error);
  return (
    <div className={classes['bar']} data-active={count > 0 || undefined}>
      {error && (
        <ErrorAlert
          title="The corrected rows were not imported"
          error={
            refused > 0
              ? `${pluralize(refused, 'row')} must be corrected further, and each says why. Nothing was imported.`
              : error
          }
        />
      )}
      {failed?.error && (
        <ErrorAlert title="The corrected rows were not imported" error={plainError(failed.error)} />
      )}
      <Group gap="sm">
        <Button disabled={count === 0} loading={isSending} onClick={() => void send()}>
          {count === 0 ? 'Import corrected rows' : `Import ${pluralize(count, 'corrected row')}`}
        </Button>
        <Group gap="xs" role="status">
          {isRunning ? (
            <>
              <Loader size="xs" />
              <Text size="sm">Importing the corrected rows…</Text>
            </>
          ) : (
            sent.length > 0 && !failed && <Outcome states={sent} />
          )}
        </Group>
        {count === 0 && sent.length === 0 && (
          <Text size="sm" c="dimmed" visibleFrom="sm">
            Enter goes to the next row, Shift+Enter begins a new line, Escape takes a change back.
          </Text>
        )}
      </Group>
    </div>
  );
}

function Outcome({ states }: { states: readonly ImportState[] }) {
  const sum = (key: 'inserted' | 'updated' | 'unchanged' | 'rejected' | 'superseded') =>
    states.reduce((total, { rows }) => total + rows[key], 0);
  const done = sum('inserted') + sum('updated') + sum('unchanged');
  const open = sum('rejected') + sum('superseded');
  const [first] = states;
  return (
    <>
      {open === 0 && <CheckIcon size={18} />}
      <Text size="sm">
        {pluralize(done, 'row')} corrected{open > 0 && `, ${formatCount(open)} still not imported`}.{' '}
        <Anchor component={Link} href={`/imports/${first?.id}`} inherit underline="always">
          View the import
        </Anchor>
      </Text>
    </>
  );
}
