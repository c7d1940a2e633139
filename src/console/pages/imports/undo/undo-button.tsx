// Undoes an import once this is confirmed, and leads to the undo.

import { Button, List, Loader, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useLocation } from 'wouter';
import { useApi } from '../../../api/api.tsx';
import type { ImportState } from '../../../api/live/import-state.ts';
import { ConfirmDialog } from '../../../components/layout/confirm-dialog.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { pluralize } from '../../../utils/format.ts';
import { UndoImport, UndoPreview } from './documents.ts';

interface UndoButtonProps {
  state: ImportState;
  /** Whether an undo that was not completed goes on. */
  isContinued: boolean;
  /** Someone else has undone it. */
  onUndoneMeanwhile(): void;
}

const EXPIRED = 'It is too long ago to be undone. To get former values back, import a file that has them.';

export function UndoButton({ state, isContinued, onUndoneMeanwhile }: UndoButtonProps) {
  const { client, imports } = useApi();
  const isUndo = state.kind === 'UNDO';
  const [, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const [isPending, setPending] = useState(false);
  const [message, setMessage] = useState('');

  async function undo(): Promise<void> {
    setPending(true);
    const { data, error } = await client.mutation(UndoImport, { id: state.id }).toPromise();
    setPending(false);
    const code = error?.graphQLErrors[0]?.extensions['code'];
    if (code === 'ALREADY_UNDONE' || code === 'BEING_UNDONE') {
      setOpen(false);
      return onUndoneMeanwhile();
    }
    setMessage(error ? (code === 'UNDO_EXPIRED' ? EXPIRED : errorMessage(error)) : '');
    if (!data?.undoImport) return;
    imports.update(data.undoImport);
    setOpen(false);
    navigate(`/imports/${data.undoImport.id}`);
  }

  return (
    <>
      <Button size="sm" variant="default" onClick={() => setOpen(true)}>
        {isContinued ? 'Go on undoing' : isUndo ? 'Undo this undo' : 'Undo this import'}
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        title={`Undo ${isUndo ? 'the undo of ' : ''}${state.fileName}?`}
        decline="Leave it"
        confirm={isUndo ? 'Undo the undo' : 'Undo the import'}
        isPending={isPending}
        onDecline={() => setOpen(false)}
        onConfirm={() => void undo()}
      >
        <Effects id={state.id} />
        {message && <ErrorAlert title="The import was not undone" error={message} />}
      </ConfirmDialog>
    </>
  );
}

/** What the undo would do, counted when the dialog opens. */
function Effects({ id }: { id: string }) {
  const [{ data, error }] = useQuery({
    query: UndoPreview,
    variables: { id },
    requestPolicy: 'network-only',
  });
  if (error)
    return <ErrorAlert title="What would be undone could not be counted" error={errorMessage(error)} />;
  if (!data) return <Loader size="sm" aria-label="Counting the products" />;
  const { inserted, updated, deleted, kept } = data.undoPreview;
  return (
    <>
      <List size="sm" spacing={4}>
        {deleted > 0 && <List.Item>{pluralize(deleted, 'product')} that it added: removed again.</List.Item>}
        {updated > 0 && (
          <List.Item>{pluralize(updated, 'product')} that it changed: back to the former values.</List.Item>
        )}
        {inserted > 0 && (
          <List.Item>{pluralize(inserted, 'product')} that it deleted: brought back.</List.Item>
        )}
        {kept > 0 && (
          <List.Item>
            <b>
              {pluralize(kept, 'product')} changed again since, by an edit or another import: kept as they
              are.
            </b>
          </List.Item>
        )}
      </List>
      <Text size="sm">
        {kept > 0 ? 'The undo lists those that are kept, and' : 'The undo'} can be undone itself.
      </Text>
    </>
  );
}
