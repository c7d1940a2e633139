// Removes a data source after the user has confirmed it.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMutation } from 'urql';
import { useLocation } from 'wouter';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { RemoveSource, type Source } from '../documents.ts';

export function RemoveSourceButton({ source: { id, name } }: { source: Source }) {
  const [isOpen, setOpen] = useState(false);
  const [{ fetching, error }, remove] = useMutation(RemoveSource);
  const [, navigate] = useLocation();
  async function confirm() {
    const { data } = await remove({ id });
    if (!data) return;
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
      {/* Without Mantine's modal header, which would be a second banner landmark of the page. */}
      <Modal opened={isOpen} onClose={() => setOpen(false)} withCloseButton={false}>
        <Stack gap="md">
          <Modal.Title fw={600} style={{ overflowWrap: 'anywhere' }}>
            Remove {name}?
          </Modal.Title>
          <Text size="sm">
            The source will no longer be checked, and its headers will be deleted. <b>Its products stay</b> in
            the catalogue. A running import from it will be cancelled.
          </Text>
          {error && <ErrorAlert title="The source was not removed" error={error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={() => setOpen(false)} data-autofocus>
              Keep it
            </Button>
            <Button color="red.9" loading={fetching} onClick={() => void confirm()}>
              Remove the source
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
