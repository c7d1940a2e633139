// The progress of a running import: of its upload and of its rows.

import { Stack, Text } from '@mantine/core';
import { type ImportState, importTitle } from '../../../api/live/import-state.ts';
import type { QueuedUpload } from '../../../api/upload/upload-queue.ts';
import { formatBytes, formatCount, formatSeconds, pluralize } from '../../../utils/format.ts';
import { UploadFailure } from '../outcome/upload-failure.tsx';
import { ProgressLine } from './progress-line.tsx';

interface ImportProgressProps {
  state: ImportState;
  /** Given if this tab uploads the file. */
  upload: QueuedUpload | undefined;
}

export function ImportProgress({ state, upload }: ImportProgressProps) {
  const { status, percent, rows, rowsPerSecond, etaSeconds } = state;
  const isUndo = state.kind === 'UNDO';
  const isUploading = status === 'RECEIVING';
  const total = upload?.file.size ?? state.bytesTotal;
  const sent = isUploading ? (upload?.sentBytes ?? state.bytesReceived) : state.bytesReceived;
  const speed = rowsPerSecond
    ? `${formatCount(roundSpeed(rowsPerSecond))} ${isUndo ? 'products' : 'rows'}/s`
    : undefined;
  if (isUploading && upload?.error) return <UploadFailure upload={upload} error={upload.error} />;
  const left = etaSeconds === null ? undefined : `${formatSeconds(Math.ceil(etaSeconds))} left`;
  return (
    <Stack gap="sm">
      {!isUndo && (
        <ProgressLine
          label="Upload"
          name={`Upload of ${state.fileName}`}
          percent={isUploading ? (total ? (100 * sent) / total : undefined) : 100}
          details={[
            total && isUploading ? `${formatBytes(sent)} of ${formatBytes(total)}` : formatBytes(sent),
          ]}
        />
      )}
      <ProgressLine
        label={isUndo ? 'Restoring products' : status === 'MERGING' ? 'Writing products' : 'Reading rows'}
        name={isUndo ? importTitle(state) : `Import of ${state.fileName}`}
        percent={percent}
        details={[
          pluralize(rows.read, isUndo ? 'product' : 'row'),
          ...(state.waitingFor ? [] : [speed, left]),
        ]}
      />
      {state.waitingReason && (
        <Text size="sm" role="status">
          {state.waitingReason}
        </Text>
      )}
    </Stack>
  );
}

/** Rounds to three significant digits, because further digits would flicker. */
function roundSpeed(speed: number): number {
  return Number(speed.toPrecision(3));
}
