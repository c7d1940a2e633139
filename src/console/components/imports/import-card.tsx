// One import: while it runs its progress, then its ledger or its error.

import { Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { hasEnded, type ImportState, importTitle, isRunning } from '../../api/live/import-state.ts';
import type { QueuedUpload } from '../../api/upload/upload-queue.ts';
import { formatSeconds, pluralize, secondsBetween } from '../../utils/format.ts';
import { Time } from '../display/time.tsx';
import { Needs } from '../layout/needs.tsx';
import { CancelButton } from './actions/cancel-button.tsx';
import { ImportOutcome } from './outcome/import-outcome.tsx';
import { ImportProgress } from './progress/import-progress.tsx';
import { StatusBadge } from './progress/status-badge.tsx';
import { SourceLink } from './source-link.tsx';

interface ImportCardProps {
  state: ImportState;
  /** Given if this tab uploads the file. */
  upload?: QueuedUpload | undefined;
  /** Omits the file name and the link to the issues, for the page of this import. */
  withoutName?: boolean;
  /** Omits the data source, for the page of that source. */
  withoutSource?: boolean;
}

export function ImportCard({ state, upload, withoutName = false, withoutSource = false }: ImportCardProps) {
  const isOfAnother = state.kind === 'UNDO' || state.kind === 'CORRECTION';
  return (
    <Paper
      withBorder
      p="md"
      component="article"
      aria-label={isOfAnother ? importTitle(state) : `Import of ${state.fileName}`}
    >
      <Stack gap="sm">
        <Group justify="space-between" gap="sm" mih={30}>
          <Group gap="sm" miw={0} flex="1 1 12rem" style={{ rowGap: 4 }}>
            {!withoutName && (
              <Anchor
                component={Link}
                href={`/imports/${state.id}`}
                fw={600}
                style={{ overflowWrap: 'anywhere' }}
              >
                {importTitle(state)}
              </Anchor>
            )}
            <StatusBadge state={state} />
            {state.source && !withoutSource && <SourceLink source={state.source} size="sm" />}
          </Group>
          {hasEnded(state) ? (
            <Elapsed state={state} />
          ) : (
            isRunning(state) && (
              <Needs access="WRITER">
                <CancelButton state={state} upload={upload} />
              </Needs>
            )
          )}
        </Group>
        {hasEnded(state) ? (
          <ImportOutcome
            state={state}
            upload={upload}
            withoutIssuesLink={withoutName}
            withoutSource={withoutSource}
          />
        ) : isRunning(state) ? (
          <ImportProgress state={state} upload={upload} />
        ) : (
          <ReadyNote state={state} />
        )}
      </Stack>
    </Paper>
  );
}

/** The page of the import has what it would change. */
function ReadyNote({ state: { id, rows, expiresAt } }: { state: ImportState }) {
  return (
    <Group gap="sm">
      <Button component={Link} href={`/imports/${id}`} size="xs">
        See what would change
      </Button>
      <Text size="sm" c="dimmed">
        {pluralize(rows.read, 'row')} read, nothing changed yet.
        {expiresAt && (
          <>
            {' It is discarded after '}
            <Time iso={expiresAt} isFocusable />.
          </>
        )}
      </Text>
    </Group>
  );
}

function Elapsed({ state: { kind, rows, createdAt, finishedAt } }: { state: ImportState }) {
  if (!finishedAt) return null;
  return (
    <Text size="sm" c="dimmed" ta="right" style={{ flexShrink: 0 }}>
      {rows.read > 0 && `${pluralize(rows.read, kind === 'UNDO' ? 'product' : 'row')} in `}
      {formatSeconds(secondsBetween(createdAt, finishedAt))}
    </Text>
  );
}
