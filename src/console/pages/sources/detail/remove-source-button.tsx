// Removes a data source after the user has confirmed it.

import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMutation } from 'urql';
import { useLocation } from 'wouter';
import { ConfirmDialog } from '../../../components/layout/confirm-dialog.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { RemoveSource, type Source } from '../documents.ts';

export function RemoveSourceButton({ source: { id, name } }: { source: Source }) {
  const [isOpen, setOpen] = useState(false);
  const [{ fetching, error }, remove] = useMutation(RemoveSource);
  const [, navigate] = useLocation();
  async function confirm() {
    const { data } = await remove({ id });
    if (!data?.removeDataSource) return;
    notifications.show({
      title: `${name} was removed`,
      message: 'Its products stay in the catalogue.',
      color: 'teal',
    });
    navigate('/sources', { replace: true });
  }
  return (
    <>
      <Button size="sm" variant="default" onClick={() => setOpen(true)}>
        Remove
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        title={`Remove ${name}?`}
        decline="Keep it"
        confirm="Remove the source"
        isPending={fetching}
        onDecline={() => setOpen(false)}
        onConfirm={() => void confirm()}
      >
        <Text size="sm">
          The source will no longer be checked, and its headers will be deleted. <b>Its products stay</b> in
          the catalogue. A running import from it will be cancelled.
        </Text>
        {error && <ErrorAlert title="The source was not removed" error={error} />}
      </ConfirmDialog>
    </>
  );
}
