// A badge with the status of an import.

import { Badge, type MantineColor } from '@mantine/core';
import type { ImportState, ImportStatus } from '../../../api/live/import-state.ts';
import { outcomeOf } from '../outcome/outcome.ts';

export const STATUS_LABELS: Record<ImportStatus, string> = {
  RECEIVING: 'Uploading',
  LOADING: 'Reading rows',
  READY: 'Ready',
  MERGING: 'Writing products',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

const COLORS: Record<Exclude<ImportStatus, 'COMPLETED'>, MantineColor> = {
  RECEIVING: 'indigo',
  LOADING: 'indigo',
  READY: 'orange',
  MERGING: 'indigo',
  FAILED: 'red',
  CANCELLED: 'gray',
};

type BadgeState = Pick<ImportState, 'kind' | 'status' | 'waitingFor' | 'rows'>;

export function StatusBadge({ state }: { state: BadgeState }) {
  return (
    <Badge variant="dot" color={colorOf(state)} radius="sm" tt="none" fw={500} style={{ flexShrink: 0 }}>
      {labelOf(state)}
    </Badge>
  );
}

function labelOf(state: BadgeState): string {
  if (state.waitingFor !== null) return 'Waiting';
  const { label } = state.status === 'COMPLETED' ? outcomeOf(state) : {};
  return label ? `${STATUS_LABELS[state.status]}, ${label}` : STATUS_LABELS[state.status];
}

function colorOf(state: BadgeState): MantineColor {
  if (state.waitingFor !== null) return 'orange';
  return state.status === 'COMPLETED' ? outcomeOf(state).color : COLORS[state.status];
}
