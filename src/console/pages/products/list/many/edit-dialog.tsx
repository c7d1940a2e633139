// Asks before many products are edited, shows the progress, and then what was done and what not.

import { Button, Group, Modal, Progress, Stack, Text } from '@mantine/core';
import { type ReactNode, useRef, useState } from 'react';
import { formatCount, pluralize } from '../../../../utils/format.ts';
import type { Product } from '../../documents.ts';
import { EditResult } from './edit-result.tsx';
import { type EditProgress, runEdits, type SendEdits } from './run-edits.ts';

interface EditDialogProps {
  title: string;
  /** Those that will be edited. */
  products: readonly Product[];
  /** What will happen, or the fields that say it. */
  children: ReactNode;
  /** The label of the button, such as "Delete 3 products". */
  confirm: string;
  isDangerous?: boolean;
  /** What will have been done to the products, such as "deleted". */
  done: string;
  send: SendEdits;
  onClose(result: EditProgress | undefined): void;
}

export function EditDialog(props: EditDialogProps) {
  const { title, products, children, confirm, isDangerous = false, done, send, onClose } = props;
  const [progress, setProgress] = useState<EditProgress>();
  const [isRunning, setRunning] = useState(false);
  const stop = useRef(new AbortController());
  const { total = products.length, left = products } = progress ?? {};

  async function run(): Promise<void> {
    setRunning(true);
    setProgress(await runEdits(products, send, setProgress, stop.current.signal));
    setRunning(false);
  }

  function close(): void {
    if (!isRunning) onClose(progress);
  }

  return (
    // Without Mantine's modal header, which would be a second banner landmark of the page.
    <Modal opened onClose={close} withCloseButton={false} size="lg">
      <Stack gap="md">
        <Modal.Title fw={600}>{title}</Modal.Title>
        {!isRunning && !progress && children}
        {isRunning && (
          <Stack gap={4}>
            <Progress.Root size="lg">
              <Progress.Section
                value={(100 * (total - left.length)) / Math.max(total, 1)}
                aria-label={`Products ${done}`}
              />
            </Progress.Root>
            <Text size="sm" role="status">
              {formatCount(total - left.length)} of {pluralize(total, 'product')}
            </Text>
          </Stack>
        )}
        {!isRunning && progress && <EditResult progress={progress} done={done} />}
        <Group justify="flex-end" gap="sm">
          {isRunning && (
            <Button variant="default" onClick={() => stop.current.abort()}>
              Stop
            </Button>
          )}
          {!isRunning && (
            <Button variant="default" onClick={close} data-autofocus>
              {progress ? 'Close' : 'Cancel'}
            </Button>
          )}
          {!isRunning && !progress && (
            <Button
              {...(isDangerous && { color: 'red.9' })}
              disabled={products.length === 0}
              onClick={() => void run()}
            >
              {confirm}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
