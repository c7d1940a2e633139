// Retries a failed import whose file the server has kept, without a new upload.

import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useApi } from '../../../api/api.tsx';
import { type ImportState, RetryImport } from '../../../api/live/import-state.ts';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { Time } from '../../display/time.tsx';

export function RetryButton({ state, until }: { state: ImportState; until: string }) {
  const { client, imports } = useApi();
  const [isPending, setPending] = useState(false);
  const [message, setMessage] = useState('');
  async function retry() {
    setPending(true);
    const { data, error } = await client.mutation(RetryImport, { id: state.id }).toPromise();
    if (data?.retryImport) imports.update(data.retryImport);
    setMessage(error ? errorMessage(error) : '');
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
      <Text size="sm" role={message ? 'alert' : undefined}>
        {message || (
          <>
            The file is kept on the server until <Time iso={until} isFocusable />.
          </>
        )}
      </Text>
    </Group>
  );
}
