// What became of an import that has ended: its error or ledger, and links to its issues.

import { Alert, Anchor, Button, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { ImportState } from '../../../api/live/import-state.ts';
import type { QueuedUpload } from '../../../api/upload/upload-queue.ts';
import { errorTitle } from '../../../utils/errors/error-texts.ts';
import { plainError } from '../../../utils/errors/plain-message.ts';
import { pluralize } from '../../../utils/format.ts';
import { WarningIcon } from '../../display/icons.tsx';
import { Needs } from '../../layout/needs.tsx';
import { ImportAgain } from '../actions/import-again.tsx';
import { RetryButton } from '../actions/retry-button.tsx';
import { Ledger } from './ledger.tsx';
import { outcomeOf } from './outcome.ts';
import { isTransient, UploadAgainButton } from './upload-failure.tsx';

interface ImportOutcomeProps {
  state: ImportState;
  upload: QueuedUpload | undefined;
  withoutIssuesLink: boolean;
  withoutSource: boolean;
}

export function ImportOutcome({ state, upload, withoutIssuesLink, withoutSource }: ImportOutcomeProps) {
  const { status, error, rows } = state;
  const { note } = status === 'COMPLETED' ? outcomeOf(state) : {};
  return (
    <Stack gap="sm">
      {status === 'FAILED' && error && (
        <Alert
          color="red"
          icon={<WarningIcon />}
          title={errorTitle(error.code, state.kind === 'UNDO' ? 'The undo failed' : 'The import failed')}
        >
          <Stack gap="sm" align="flex-start">
            <Text size="sm">{plainError(error)}</Text>
            <Text size="xs">Error code: {error.code}</Text>
            {error.code === 'DELETION_NOT_CONFIRMED' && state.source && !withoutSource && (
              <Button component={Link} href={`/sources/${state.source.id}`} size="xs" variant="default">
                Review the deletion
              </Button>
            )}
            {state.retryableUntil ? (
              <Needs access="WRITER">
                <RetryButton state={state} until={state.retryableUntil} />
              </Needs>
            ) : (
              upload && isTransient(error.code) && <UploadAgainButton upload={upload} />
            )}
          </Stack>
        </Alert>
      )}
      {status === 'CANCELLED' && (
        <Text size="sm" c="dimmed">
          {error
            ? plainError(error)
            : rows.inserted + rows.updated + rows.deleted > 0
              ? 'Cancelled while products were being written. The changes counted below remain.'
              : 'Cancelled before any products were written. The catalogue is unchanged.'}
        </Text>
      )}
      {note && <Text size="sm">{note}</Text>}
      {(status === 'COMPLETED' || rows.inserted + rows.updated + rows.deleted + rows.rejected > 0) && (
        <Ledger rows={rows} kind={state.kind} />
      )}
      {hasFile(state) && (status === 'FAILED' ? !state.retryableUntil : rows.rejected > 0) && (
        <Needs access="WRITER">
          <ImportAgain state={state} upload={upload} />
        </Needs>
      )}
      {state.issuesUrl && !withoutIssuesLink && (
        <Anchor component={Link} href={`/imports/${state.id}#issues`} size="sm" w="fit-content">
          {issuesLinkText(rows)}
        </Anchor>
      )}
    </Stack>
  );
}

/** Whether there is a file that can be imported again. */
function hasFile({ kind }: ImportState): boolean {
  return kind !== 'UNDO' && kind !== 'CORRECTION';
}

function issuesLinkText({ rejected, superseded }: ImportState['rows']): string {
  const parts = [
    rejected > 0 ? pluralize(rejected, 'rejected row') : undefined,
    superseded > 0 ? pluralize(superseded, 'superseded row') : undefined,
  ];
  return `View ${parts.filter(Boolean).join(' and ')}`;
}
