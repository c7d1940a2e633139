// Deletes an import from the history once this is confirmed, and leads back to the history.

import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useApi } from '../../../api/api.tsx';
import { type ImportState, importTitle } from '../../../api/live/import-state.ts';
import { ConfirmDialog } from '../../../components/layout/confirm-dialog.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { useMay } from '../../../hooks/use-session.ts';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { DeleteImport } from '../documents.ts';

export function DeleteButton({ state }: { state: ImportState }) {
  const { id } = state;
  const { client, imports, own } = useApi();
  const mayDelete = useMay('WRITER');
  const [, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const [isPending, setPending] = useState(false);
  const [message, setMessage] = useState('');

  async function deleteImport(): Promise<void> {
    setPending(true);
    const { error } = await client.mutation(DeleteImport, { id }).toPromise();
    setPending(false);
    setMessage(error ? errorMessage(error) : '');
    if (error) return;
    own.remove(id);
    imports.remove(id);
    navigate('/imports', { replace: true });
  }

  if (!mayDelete) return null;
  return (
    <>
      <Button size="sm" variant="default" onClick={() => setOpen(true)} style={{ alignSelf: 'flex-start' }}>
        Delete from the history
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        title={`Delete “${importTitle(state)}” from the history?`}
        decline="Keep it"
        confirm="Delete it"
        isPending={isPending}
        onDecline={() => setOpen(false)}
        onConfirm={() => void deleteImport()}
      >
        <Text size="sm">
          Its progress, its issues and its file are gone then, and it can no longer be undone. Products stay
          as they are.
        </Text>
        {message && <ErrorAlert title="The import was not deleted" error={message} />}
      </ConfirmDialog>
    </>
  );
}
