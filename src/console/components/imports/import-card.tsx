// One import: its phase and the progress of its upload and rows, then its ledger or its error.

import { Alert, Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useApi } from '../../api/api.tsx';
import { CancelImport, hasEnded, type ImportState, RetryImport } from '../../api/import-state.ts';
import type { UploadError } from '../../api/upload-file.ts';
import type { Upload } from '../../api/uploads.ts';
import {
  countOf,
  formatBytes,
  formatCount,
  formatDateTime,
  formatSeconds,
  secondsBetween,
} from '../../utils/format.ts';
import { WarningIcon } from '../display/icons.tsx';
import { messageOf } from '../layout/states.tsx';
import { Ledger } from './ledger.tsx';
import { ProgressLine } from './progress-line.tsx';
import { SourceLink } from './source-link.tsx';
import { StatusBadge } from './status-badge.tsx';

/** Errors that are not caused by the file, so uploading it again may succeed. */
const TRANSIENT_ERRORS = new Set([
  'CONNECTION_LOST',
  'DATABASE_FULL',
  'DATABASE_UNAVAILABLE',
  'INTERNAL',
  'SHUTTING_DOWN',
  'SPOOL_FULL',
  'SPOOL_UNAVAILABLE',
  'UPLOAD_INTERRUPTED',
  'UPLOAD_TOO_SLOW',
]);

interface ImportCardProps {
  state: ImportState;
  /** Given if this tab uploads the file. */
  upload?: Upload | undefined;
  /** Omits the file name, for pages that have it as their heading. */
  withoutName?: boolean;
  /** Omits the data source, for the page of that source. */
  withoutSource?: boolean;
}

export function ImportCard({ state, upload, withoutName = false, withoutSource = false }: ImportCardProps) {
  return (
    <Paper withBorder p="md" component="article" aria-label={`Import of ${state.fileName}`}>
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
                {state.fileName}
              </Anchor>
            )}
            <StatusBadge status={state.status} isWaiting={state.waitingFor !== null} />
            {state.source && !withoutSource && <SourceLink source={state.source} size="sm" />}
          </Group>
          {hasEnded(state) ? <Elapsed state={state} /> : <CancelButton state={state} upload={upload} />}
        </Group>
        {hasEnded(state) ? (
          <Outcome state={state} upload={upload} withoutName={withoutName} withoutSource={withoutSource} />
        ) : (
          <Progress state={state} upload={upload} />
        )}
      </Stack>
    </Paper>
  );
}

function Progress({ state, upload }: Pick<ImportCardProps, 'state' | 'upload'>) {
  const { status, percent, rows, rowsPerSecond, etaSeconds } = state;
  const isUploading = status === 'RECEIVING';
  const total = upload?.file.size ?? state.bytesTotal;
  const sent = isUploading ? (upload?.sentBytes ?? state.bytesReceived) : state.bytesReceived;
  const speed = rowsPerSecond ? `${formatCount(roundSpeed(rowsPerSecond))} rows/s` : undefined;
  if (isUploading && upload?.error) return <UploadFailure upload={upload} error={upload.error} />;
  const left = etaSeconds === null ? undefined : `${formatSeconds(Math.ceil(etaSeconds))} left`;
  return (
    <Stack gap="sm">
      <ProgressLine
        label="Upload"
        name={`Upload of ${state.fileName}`}
        percent={isUploading ? (total ? (100 * sent) / total : undefined) : 100}
        details={[total && isUploading ? `${formatBytes(sent)} of ${formatBytes(total)}` : formatBytes(sent)]}
      />
      <ProgressLine
        label={status === 'MERGING' ? 'Writing products' : 'Reading rows'}
        name={`Import of ${state.fileName}`}
        percent={percent}
        details={[countOf(rows.read, 'row'), ...(state.waitingFor ? [] : [speed, left])]}
      />
      {state.waitingReason && (
        <Text size="sm" role="status">
          {state.waitingReason}
        </Text>
      )}
    </Stack>
  );
}

function Outcome({ state, upload, withoutName, withoutSource }: ImportCardProps) {
  const { status, error, rows } = state;
  return (
    <Stack gap="sm">
      {status === 'FAILED' && error && (
        <Alert color="red" icon={<WarningIcon />} title={error.code}>
          <Stack gap="sm" align="flex-start">
            {error.message}
            {error.code === 'DELETION_NOT_CONFIRMED' && state.source && !withoutSource && (
              <Button component={Link} href={`/sources/${state.source.id}`} size="xs" variant="default">
                Review the deletion
              </Button>
            )}
            {state.retryableUntil ? (
              <RetryButton state={state} until={state.retryableUntil} />
            ) : (
              upload && TRANSIENT_ERRORS.has(error.code) && <UploadAgainButton upload={upload} />
            )}
          </Stack>
        </Alert>
      )}
      {status === 'CANCELLED' && (
        <Text size="sm" c="dimmed">
          {rows.inserted + rows.updated + rows.deleted > 0
            ? 'Cancelled while products were being written. The changes counted below remain.'
            : 'Cancelled before any products were written. The catalogue is unchanged.'}
        </Text>
      )}
      {(status === 'COMPLETED' || rows.inserted + rows.updated + rows.deleted + rows.rejected > 0) && (
        <Ledger rows={rows} />
      )}
      {state.issuesUrl && !withoutName && (
        <Anchor component={Link} href={`/imports/${state.id}#issues`} size="sm" w="fit-content">
          {issuesLinkText(rows)}
        </Anchor>
      )}
    </Stack>
  );
}

/** Shows why an upload failed. */
export function UploadFailure({ upload, error }: { upload: Upload; error: UploadError }) {
  return (
    <Alert color="red" icon={<WarningIcon />} title={error.code} role="alert">
      <Stack gap="sm" align="flex-start">
        {error.message}
        {TRANSIENT_ERRORS.has(error.code) && <UploadAgainButton upload={upload} />}
      </Stack>
    </Alert>
  );
}

function UploadAgainButton({ upload }: { upload: Upload }) {
  const { uploads } = useApi();
  return (
    <Button size="xs" variant="default" onClick={() => uploads.retry(upload.id)}>
      Upload again
    </Button>
  );
}

/** Retries a failed import whose file the server has kept, without a new upload. */
function RetryButton({ state, until }: { state: ImportState; until: string }) {
  const { client, imports } = useApi();
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState('');
  async function retry() {
    setPending(true);
    const { data, error } = await client.mutation(RetryImport, { id: state.id }).toPromise();
    if (data) imports.update(data.retryImport);
    setProblem(error ? messageOf(error) : '');
    setPending(false);
  }
  return (
    <Group gap="sm">
      <Button
        size="xs"
        variant="default"
        onClick={retry}
        loading={isPending}
        aria-label={`Retry ${state.fileName}`}
      >
        Retry
      </Button>
      <Text size="sm" role={problem ? 'alert' : undefined}>
        {problem || `The file is kept on the server until ${formatDateTime(until)}.`}
      </Text>
    </Group>
  );
}

function Elapsed({ state: { rows, createdAt, finishedAt } }: { state: ImportState }) {
  if (!finishedAt) return null;
  return (
    <Text size="sm" c="dimmed" ta="right" style={{ flexShrink: 0 }}>
      {rows.read > 0 && `${countOf(rows.read, 'row')} in `}
      {formatSeconds(secondsBetween(createdAt, finishedAt))}
    </Text>
  );
}

function CancelButton({ state, upload }: { state: ImportState; upload: Upload | undefined }) {
  const { client, imports, uploads } = useApi();
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState('');
  async function cancel() {
    setPending(true);
    setProblem('');
    if (upload?.state === 'sending') return uploads.cancel(upload.id);
    const { data, error } = await client.mutation(CancelImport, { id: state.id }).toPromise();
    if (data) imports.update(data.cancelImport);
    if (error) setProblem(messageOf(error));
    setPending(false);
  }
  return (
    <Group gap="sm" wrap="nowrap" style={{ flexShrink: 0 }}>
      {problem && (
        <Text size="sm" c="red" role="alert">
          {problem}
        </Text>
      )}
      <Button
        size="xs"
        variant="default"
        onClick={cancel}
        loading={isPending}
        aria-label={`Cancel ${state.fileName}`}
      >
        Cancel
      </Button>
    </Group>
  );
}

/** Rounds to three digits, as the others would only flicker. */
function roundSpeed(speed: number): number {
  return Number(speed.toPrecision(3));
}

function issuesLinkText({ rejected, superseded }: ImportState['rows']): string {
  const parts = [
    rejected > 0 ? countOf(rejected, 'rejected row') : undefined,
    superseded > 0 ? countOf(superseded, 'superseded row') : undefined,
  ];
  return `View ${parts.filter(Boolean).join(' and ')}`;
}
