// Cancels a running import and, if this tab still uploads its file, the upload.

import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useApi } from '../../api/api.tsx';
import { CancelImport, type ImportState } from '../../api/import-state.ts';
import type { Upload } from '../../api/upload-queue.ts';
import { errorMessage } from '../../utils/error-message.ts';

export function CancelButton({ state, upload }: { state: ImportState; upload: Upload | undefined }) {
  const { client, imports, uploads } = useApi();
  const [isPending, setPending] = useState(false);
  const [message, setMessage] = useState('');
  async function cancel() {
    setPending(true);
    setMessage('');
    if (upload?.state === 'uploading') return uploads.cancel(upload.id);
    const { data, error } = await client.mutation(CancelImport, { id: state.id }).toPromise();
    if (data) imports.update(data.cancelImport);
    if (error) setMessage(errorMessage(error));
    setPending(false);
  }
  return (
    <Group gap="sm" wrap="nowrap" style={{ flexShrink: 0 }}>
      {message && (
        <Text size="sm" c="red" role="alert">
          {message}
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
