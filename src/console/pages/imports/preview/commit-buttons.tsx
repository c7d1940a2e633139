// Commits a previewed import, or discards it.

import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useApi } from '../../../api/api.tsx';
import { CancelImport, type ImportState } from '../../../api/live/import-state.ts';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { CommitImport } from './documents.ts';

export function CommitButtons({ state: { id } }: { state: ImportState }) {
  const { client, imports } = useApi();
  const [pending, setPending] = useState<'commit' | 'discard'>();
  const [message, setMessage] = useState('');

  async function finish(which: 'commit' | 'discard'): Promise<void> {
    setPending(which);
    const { newer, error } = await (which === 'commit'
      ? client
          .mutation(CommitImport, { id })
          .then(({ data, error }) => ({ newer: data?.commitImport, error }))
      : client
          .mutation(CancelImport, { id })
          .then(({ data, error }) => ({ newer: data?.cancelImport, error })));
    if (newer) imports.update(newer);
    setMessage(error ? errorMessage(error) : '');
    setPending(undefined);
  }

  return (
    <Group gap="sm">
      <Button
        loading={pending === 'commit'}
        disabled={pending === 'discard'}
        onClick={() => void finish('commit')}
      >
        Commit
      </Button>
      <Button
        variant="default"
        loading={pending === 'discard'}
        disabled={pending === 'commit'}
        onClick={() => void finish('discard')}
      >
        Discard
      </Button>
      {message && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {message}
        </Text>
      )}
    </Group>
  );
}
