// A badge with the state of a data source.

import { Badge } from '@mantine/core';
import {
  DownloadIcon,
  ImportIcon,
  PauseIcon,
  QuestionIcon,
  RefreshIcon,
  WarningIcon,
  WatchIcon,
} from '../../components/display/icons.tsx';
import type { SourceState } from './documents.ts';
import classes from './source-state-badge.module.css';

const BADGES: Record<SourceState, { label: string; Icon: typeof WatchIcon }> = {
  IDLE: { label: 'Watching', Icon: WatchIcon },
  CHECKING: { label: 'Checking', Icon: RefreshIcon },
  FETCHING: { label: 'Fetching', Icon: DownloadIcon },
  IMPORTING: { label: 'Importing', Icon: ImportIcon },
  FAILING: { label: 'Failing', Icon: WarningIcon },
  CONFIRMATION_NEEDED: { label: 'Needs confirmation', Icon: QuestionIcon },
  PAUSED: { label: 'Paused', Icon: PauseIcon },
  REMOVED: { label: 'Removed', Icon: PauseIcon },
};

export function SourceStateBadge({ state }: { state: SourceState }) {
  const { label, Icon } = BADGES[state];
  return (
    <Badge
      variant="default"
      size="lg"
      radius="sm"
      tt="none"
      fw={500}
      leftSection={
        <span className={classes['icon']} data-state={state}>
          <Icon size={16} />
        </span>
      }
      style={{ flexShrink: 0 }}
    >
      {label}
    </Badge>
  );
}
