// An import as it goes: what it does, how far its upload and its rows are, and in the end what became of them.

import { Alert, Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useApi } from '../api/api.tsx';
import { CancelImport, hasEnded, type ImportState, RetryImport } from '../api/import-state.ts';
import type { UploadError } from '../api/send-file.ts';
import type { Upload } from '../api/uploads.ts';
import {
  countOf,
  formatBytes,
  formatCount,
  formatDateTime,
  formatSeconds,
  secondsBetween,
} from './format.ts';
import { WarningIcon } from './icons.tsx';
import { StatusBadge } from './import-status.tsx';
import { Ledger } from './ledger.tsx';
import { ProgressLine } from './progress-line.tsx';
import { SourceLink } from './source-link.tsx';
import { messageOf } from './states.tsx';

/** Failures that have nothing to do with the file: the same one may well be taken the next time. */
const MAY_PASS = new Set([
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
  /** Where this tab sends the file. */
  upload?: Upload | undefined;
  /** Leaves the name out, where the page's heading has it. */
  withoutName?: boolean;
  /** Leaves out where it came from, on the page of that data source. */
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
  const speed = rowsPerSecond ? `${formatCount(roughly(rowsPerSecond))} rows/s` : undefined;
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
                Confirm the deletion at its source
              </Button>
            )}
            {state.retryableUntil ? (
              <RetryButton state={state} until={state.retryableUntil} />
            ) : (
              upload && MAY_PASS.has(error.code) && <SendAgainButton upload={upload} />
            )}
          </Stack>
        </Alert>
      )}
      {status === 'CANCELLED' && (
        <Text size="sm" c="dimmed">
          {rows.inserted + rows.updated + rows.deleted > 0
            ? 'Cancelled while products were written: the rows counted below stay.'
            : 'Cancelled before anything was written: the catalogue is as it was.'}
        </Text>
      )}
      {(status === 'COMPLETED' || rows.inserted + rows.updated + rows.deleted + rows.rejected > 0) && (
        <Ledger rows={rows} />
      )}
      {state.issuesUrl && !withoutName && (
        <Anchor component={Link} href={`/imports/${state.id}#issues`} size="sm" w="fit-content">
          {issueWords(rows)}
        </Anchor>
      )}
    </Stack>
  );
}

/** Why the server does not have the file. */
export function UploadFailure({ upload, error }: { upload: Upload; error: UploadError }) {
  return (
    <Alert color="red" icon={<WarningIcon />} title={error.code} role="alert">
      <Stack gap="sm" align="flex-start">
        {error.message}
        {MAY_PASS.has(error.code) && <SendAgainButton upload={upload} />}
      </Stack>
    </Alert>
  );
}

function SendAgainButton({ upload }: { upload: Upload }) {
  const { uploads } = useApi();
  return (
    <Button size="xs" variant="default" onClick={() => uploads.again(upload.id)}>
      Send it again
    </Button>
  );
}

/** Goes on with a failed import whose file the server has kept: nothing is sent again. */
function RetryButton({ state, until }: { state: ImportState; until: string }) {
  const { client, imports } = useApi();
  const [isAsked, setAsked] = useState(false);
  const [problem, setProblem] = useState('');
  async function retry() {
    setAsked(true);
    const { data, error } = await client.mutation(RetryImport, { id: state.id }).toPromise();
    if (data) imports.take(data.retryImport);
    setProblem(error ? messageOf(error) : '');
    setAsked(false);
  }
  return (
    <Group gap="sm">
      <Button
        size="xs"
        variant="default"
        onClick={retry}
        loading={isAsked}
        aria-label={`Retry ${state.fileName}`}
      >
        Retry
      </Button>
      <Text size="sm" role={problem ? 'alert' : undefined}>
        {problem || `The server keeps the file until ${formatDateTime(until)}.`}
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
  const [isAsked, setAsked] = useState(false);
  const [problem, setProblem] = useState('');
  async function cancel() {
    setAsked(true);
    setProblem('');
    if (upload?.state === 'sending') return uploads.cancel(upload.id);
    const { data, error } = await client.mutation(CancelImport, { id: state.id }).toPromise();
    if (data) imports.take(data.cancelImport);
    if (error) setProblem(messageOf(error));
    setAsked(false);
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
        loading={isAsked}
        aria-label={`Cancel ${state.fileName}`}
      >
        Cancel
      </Button>
    </Group>
  );
}

/** To three digits: the others would only flicker. */
function roughly(speed: number): number {
  return Number(speed.toPrecision(3));
}

function issueWords({ rejected, superseded }: ImportState['rows']): string {
  const parts = [
    rejected > 0 ? countOf(rejected, 'rejected row') : undefined,
    superseded > 0 ? countOf(superseded, 'superseded row') : undefined,
  ];
  return `Look at ${parts.filter(Boolean).join(' and ')}`;
}
