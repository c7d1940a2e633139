// Undoes an import, or says what became of that; of an undo, says what it undoes.

import { Anchor, Group, Paper, Text } from '@mantine/core';
import { useDidUpdate } from '@mantine/hooks';
import { Link } from 'wouter';
import { useFreshQuery, useLiveImports } from '../../../api/api.tsx';
import { hasEnded, type ImportState } from '../../../api/live/import-state.ts';
import { Time } from '../../../components/display/time.tsx';
import { useMay } from '../../../hooks/use-session.ts';
import { UndoOfImport } from './documents.ts';
import { UndoButton } from './undo-button.tsx';

export function UndoSection({ state }: { state: ImportState }) {
  const { id, rows } = state;
  const mayUndo = useMay('WRITER');
  const [{ data }, refetch] = useFreshQuery({ query: UndoOfImport, variables: { id } });
  const { undoneBy, undoes } = data?.import ?? {};
  // Someone else may undo it meanwhile.
  const undos = useLiveImports().filter(({ kind }) => kind === 'UNDO');
  const changes = undos.map((undo) => `${undo.id} ${undo.status}`).join();
  useDidUpdate(() => refetch({ requestPolicy: 'network-only' }), [changes, hasEnded(state)]);

  const changed = rows.inserted + rows.updated + rows.deleted;
  const canGoOn = undoneBy?.status === 'FAILED' || undoneBy?.status === 'CANCELLED';
  const canUndo = mayUndo && hasEnded(state) && changed > 0 && data !== undefined && (!undoneBy || canGoOn);
  if (!undoes && !undoneBy && !canUndo) return null;
  return (
    <Paper withBorder p="md">
      <Group gap="sm" justify="space-between">
        <div>
          {undoes && (
            <Text size="sm">
              This undoes{' '}
              <ImportLink id={undoes.id}>
                {undoes.kind === 'UNDO' ? `the undo of ${undoes.fileName}` : undoes.fileName}
              </ImportLink>{' '}
              of <Time iso={undoes.createdAt} isFocusable />.
            </Text>
          )}
          {undoneBy && (
            <Text size="sm">
              {canGoOn ? 'Its undo was not completed' : UNDONE[hasEnded(undoneBy) ? 'ended' : 'running']}:{' '}
              <ImportLink id={undoneBy.id}>view the undo</ImportLink>.
            </Text>
          )}
          {canUndo && !undoneBy && (
            <Text size="sm" c="dimmed">
              {state.kind === 'UNDO'
                ? 'The undo can be undone, too.'
                : 'Was this a mistake? The products can get their former values back.'}
            </Text>
          )}
        </div>
        {canUndo && (
          <UndoButton
            state={state}
            isContinued={canGoOn}
            onUndoneMeanwhile={() => refetch({ requestPolicy: 'network-only' })}
          />
        )}
      </Group>
    </Paper>
  );
}

const UNDONE = { running: 'It is being undone', ended: 'It was undone' };

function ImportLink({ id, children }: { id: string; children: string }) {
  return (
    <Anchor component={Link} href={`/imports/${id}`} inherit underline="always">
      {children}
    </Anchor>
  );
}
