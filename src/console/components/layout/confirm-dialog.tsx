// Asks before something is done that is not easily taken back.

import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

interface ConfirmDialogProps {
  isOpen: boolean;
  /** A question. */
  title: string;
  /** What would happen, and why it has failed. */
  children: ReactNode;
  /** Labels of the buttons, such as "Keep it" and "Delete the product". */
  decline: string;
  confirm: string;
  isPending?: boolean;
  onDecline(): void;
  onConfirm(): void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { isOpen, title, children, decline, confirm, isPending = false, onDecline, onConfirm } = props;
  return (
    // Without Mantine's modal header, which would be a second banner landmark of the page.
    <Modal opened={isOpen} onClose={onDecline} withCloseButton={false}>
      <Stack gap="md">
        <Modal.Title fw={600} style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Modal.Title>
        {children}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onDecline} data-autofocus>
            {decline}
          </Button>
          <Button color="red.9" loading={isPending} onClick={onConfirm}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
