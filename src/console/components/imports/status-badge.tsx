// A badge with the status of an import.

import { Badge, type MantineColor } from '@mantine/core';
import type { ImportStatus } from '../../api/import-state.ts';

export const STATUS_LABELS: Record<ImportStatus, string> = {
  RECEIVING: 'Uploading',
  LOADING: 'Reading rows',
  READY: 'Ready',
  MERGING: 'Writing products',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

const COLORS: Record<ImportStatus, MantineColor> = {
  RECEIVING: 'indigo',
  LOADING: 'indigo',
  READY: 'orange',
  MERGING: 'indigo',
  COMPLETED: 'teal',
  FAILED: 'red',
  CANCELLED: 'gray',
};

export function StatusBadge({ status, isWaiting = false }: { status: ImportStatus; isWaiting?: boolean }) {
  return (
    <Badge
      variant="dot"
      color={isWaiting ? 'orange' : COLORS[status]}
      radius="sm"
      tt="none"
      fw={500}
      style={{ flexShrink: 0 }}
    >
      {isWaiting ? 'Waiting' : STATUS_LABELS[status]}
    </Badge>
  );
}
