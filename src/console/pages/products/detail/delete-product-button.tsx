// Deletes a product after the user has confirmed it. If someone else has changed it since, asks again with what it is now.

import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMutation } from 'urql';
import { Time } from '../../../components/display/time.tsx';
import { ConfirmDialog } from '../../../components/layout/confirm-dialog.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { DeleteProduct, type Product } from '../documents.ts';
import { isGone, productOf, saveErrorMessage } from '../product-errors.ts';

interface DeleteProductButtonProps {
  product: Product;
  onDeleted(): void;
}

export function DeleteProductButton({ product, onDeleted }: DeleteProductButtonProps) {
  const { sku } = product;
  const [isOpen, setOpen] = useState(false);
  const [{ fetching, error }, remove] = useMutation(DeleteProduct);
  const [newer, setNewer] = useState<Product>();
  const shown = newer ?? product;

  function open(): void {
    setNewer(undefined);
    setOpen(true);
  }

  async function confirm(): Promise<void> {
    const result = await remove({ sku, updatedAt: shown.updatedAt });
    setNewer(productOf(result.error, 'CONFLICT') ?? newer);
    const isDeleted = Boolean(result.data?.deleteProduct);
    if (!isDeleted && !isGone(result.error)) return;
    setOpen(false);
    const message = isDeleted ? `${sku} was deleted.` : `${sku} had been deleted already.`;
    notifications.show({ message, color: 'teal' });
    onDeleted();
  }

  const failure = error && !productOf(error, 'CONFLICT') && !isGone(error) ? error : undefined;
  return (
    <>
      <Button variant="default" onClick={open}>
        Delete
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        title={`Delete ${sku}?`}
        decline="Keep it"
        confirm={newer ? 'Delete it anyway' : 'Delete the product'}
        isPending={fetching}
        onDecline={() => setOpen(false)}
        onConfirm={() => void confirm()}
      >
        {newer && (
          <Text size="sm" role="alert" style={{ overflowWrap: 'anywhere' }}>
            <b>Someone else changed this product</b> at <Time iso={newer.updatedAt} />, so it was not deleted.
            Its name is now “{newer.name}”.
          </Text>
        )}
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          “{shown.name}” will be removed from the catalogue. A file or a source that still lists it brings it
          back with its next import.
        </Text>
        {failure && <ErrorAlert title="The product was not deleted" error={saveErrorMessage(failure)} />}
      </ConfirmDialog>
    </>
  );
}
