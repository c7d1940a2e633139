// A badge with the status of an import.

import { Badge, type MantineColor } from '@mantine/core';
import type { ImportState, ImportStatus } from '../../api/import-state.ts';
import { formatCount } from '../../utils/format.ts';

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

type BadgeState = Pick<ImportState, 'status' | 'waitingFor' | 'rows'>;

/** Green is for whole success: what was completed with rejected rows says so. */
export function StatusBadge({ state }: { state: BadgeState }) {
  return (
    <Badge variant="dot" color={colorOf(state)} radius="sm" tt="none" fw={500} style={{ flexShrink: 0 }}>
      {labelOf(state)}
    </Badge>
  );
}

function labelOf({ status, waitingFor, rows }: BadgeState): string {
  if (waitingFor !== null) return 'Waiting';
  if (status === 'COMPLETED' && rows.rejected > 0) return `Completed, ${formatCount(rows.rejected)} rejected`;
  return STATUS_LABELS[status];
}

function colorOf({ status, waitingFor, rows }: BadgeState): MantineColor {
  if (waitingFor !== null || (status === 'COMPLETED' && rows.rejected > 0)) return 'orange';
  return COLORS[status];
}
