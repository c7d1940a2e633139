// An upload of this tab for which the server has no import yet, or which failed before it had one.

import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useApi } from '../../api/api.tsx';
import type { QueuedUpload } from '../../api/upload/upload-queue.ts';
import { formatBytes } from '../../utils/format.ts';
import { UploadFailure } from './outcome/upload-failure.tsx';
import { ProgressLine } from './progress/progress-line.tsx';

export function UploadCard({ upload }: { upload: QueuedUpload }) {
  const { uploads } = useApi();
  const { id, file, state, sentBytes, error } = upload;
  const hasEnded = state === 'failed' || state === 'cancelled';
  return (
    <Paper withBorder p="md" component="article" aria-label={`Upload of ${file.name}`}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" mih={30}>
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {file.name}
          </Text>
          <Button
            size="xs"
            variant="default"
            style={{ flexShrink: 0 }}
            aria-label={`${hasEnded ? 'Remove' : 'Cancel'} ${file.name}`}
            onClick={() => (hasEnded ? uploads.remove(id) : uploads.cancel(id))}
          >
            {hasEnded ? 'Remove' : 'Cancel'}
          </Button>
        </Group>
        {error ? (
          <UploadFailure upload={upload} error={error} />
        ) : state === 'cancelled' ? (
          <Text size="sm" c="dimmed">
            Cancelled before the upload was complete, so nothing was imported.
          </Text>
        ) : (
          <ProgressLine
            label={state === 'waiting' ? 'Waiting for other uploads' : 'Upload'}
            name={`Upload of ${file.name}`}
            percent={file.size > 0 ? (100 * sentBytes) / file.size : undefined}
            details={[`${formatBytes(sentBytes)} of ${formatBytes(file.size)}`]}
          />
        )}
      </Stack>
    </Paper>
  );
}
