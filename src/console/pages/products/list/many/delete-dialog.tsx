// Deletes the selected products.

import { Text } from '@mantine/core';
import { useMutation } from 'urql';
import { pluralize } from '../../../../utils/format.ts';
import type { Product } from '../../documents.ts';
import { DeleteProducts } from './documents.ts';
import { EditDialog } from './edit-dialog.tsx';
import type { EditProgress } from './run-edits.ts';

interface DeleteDialogProps {
  products: readonly Product[];
  onClose(result: EditProgress | undefined): void;
}

export function DeleteDialog({ products, onClose }: DeleteDialogProps) {
  const [, remove] = useMutation(DeleteProducts);
  const count = pluralize(products.length, 'product');
  return (
    <EditDialog
      title={`Delete ${count}?`}
      products={products}
      confirm={`Delete ${count}`}
      isDangerous
      done="deleted"
      send={async (some) => {
        const edits = some.map(({ sku, updatedAt }) => ({ sku, updatedAt }));
        const { data, error } = await remove({ products: edits });
        return { edits: data?.deleteProducts, error };
      }}
      onClose={onClose}
    >
      <Text size="sm">
        They will be removed from the catalogue, except those that someone changes meanwhile. A file or a
        source that still lists one of them brings it back with its next import.
      </Text>
    </EditDialog>
  );
}
