// Cancels a running import and, if this tab still uploads its file, the upload. Asks first once products are being written.

import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useApi } from '../../../api/api.tsx';
import { CancelImport, type ImportState, importTitle } from '../../../api/live/import-state.ts';
import type { QueuedUpload } from '../../../api/upload/upload-queue.ts';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { ConfirmDialog } from '../../layout/confirm-dialog.tsx';

export function CancelButton({ state, upload }: { state: ImportState; upload: QueuedUpload | undefined }) {
  const { client, imports, uploads } = useApi();
  const isUndo = state.kind === 'UNDO';
  const [isPending, setPending] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [message, setMessage] = useState('');
  async function cancel() {
    setAsking(false);
    setPending(true);
    setMessage('');
    if (upload?.state === 'uploading') return uploads.cancel(upload.id);
    const { data, error } = await client.mutation(CancelImport, { id: state.id }).toPromise();
    if (data?.cancelImport) imports.update(data.cancelImport);
    if (error) setMessage(errorMessage(error));
    setPending(false);
  }
  return (
    <Group gap="sm" wrap="nowrap" style={{ flexShrink: 0 }}>
      {message && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {message}
        </Text>
      )}
      <Button
        size="xs"
        variant="default"
        onClick={() => (state.status === 'MERGING' ? setAsking(true) : void cancel())}
        loading={isPending}
        aria-label={`Cancel ${importTitle(state)}`}
      >
        Cancel
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title={`Stop ${isUndo ? 'undoing' : 'importing'} ${state.fileName}?`}
        decline="Go on"
        confirm="Stop it"
        onDecline={() => setAsking(false)}
        onConfirm={() => void cancel()}
      >
        <Text size="sm">
          {isUndo
            ? 'Products are being restored. Those that have been restored stay so; you can go on with the others later.'
            : 'Its products are being written. Those that have been written stay as they are then; the others are not imported.'}
        </Text>
      </ConfirmDialog>
    </Group>
  );
}
