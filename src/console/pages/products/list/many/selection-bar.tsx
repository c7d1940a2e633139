// What can be done with the selected products.

import { Button, Group, Paper, Text } from '@mantine/core';
import { useState } from 'react';
import { pluralize } from '../../../../utils/format.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import type { EditProgress } from './run-edits.ts';
import { MAX_SELECTED, type ProductSelection } from './use-selection.ts';

interface SelectionBarProps {
  selection: ProductSelection;
  /** How many products the list has on all its pages, if that is known. */
  total: number | undefined;
  /** Products were edited. */
  onEdited(): void;
}

export function SelectionBar({ selection, total, onEdited }: SelectionBarProps) {
  const { products } = selection;
  const [dialog, setDialog] = useState<'RENAME' | 'DELETE'>();
  if (products.length === 0 && !dialog) return null;
  const isMore = total !== undefined && total > products.length;

  function close(result: EditProgress | undefined): void {
    setDialog(undefined);
    if (!result) return;
    selection.keep(result);
    onEdited();
    // The button that had the focus may be gone.
    document.querySelector<HTMLElement>('main h1')?.focus();
  }

  return (
    <Paper withBorder p="xs" role="region" aria-label="Selected products">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Text size="sm" fw={600} role="status">
            {pluralize(products.length, 'product')} selected
          </Text>
          {isMore && total <= MAX_SELECTED && (
            <Button
              size="compact-sm"
              variant="subtle"
              loading={selection.isLoading}
              onClick={() => void selection.addAll()}
            >
              Select all {pluralize(total, 'product')}
            </Button>
          )}
          <Button size="compact-sm" variant="subtle" onClick={selection.clear}>
            Clear
          </Button>
        </Group>
        <Group gap="sm">
          <Button size="compact-md" variant="default" onClick={() => setDialog('RENAME')}>
            Rename…
          </Button>
          <Button size="compact-md" variant="default" onClick={() => setDialog('DELETE')}>
            Delete…
          </Button>
        </Group>
      </Group>
      {dialog === 'RENAME' && <RenameDialog products={products} onClose={close} />}
      {dialog === 'DELETE' && <DeleteDialog products={products} onClose={close} />}
    </Paper>
  );
}
