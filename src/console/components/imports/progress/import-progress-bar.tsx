// The progress of an import, for a table row.

import { Group, Progress, Text } from '@mantine/core';
import type { ImportState } from '../../../api/live/import-state.ts';
import { formatPercent } from '../../../utils/format.ts';

interface ImportProgressBarProps {
  state: ImportState;
  /** Margin above. */
  mt?: number;
}

export function ImportProgressBar({ state: { fileName, percent }, mt = 0 }: ImportProgressBarProps) {
  return (
    <Group gap="xs" wrap="nowrap" mt={mt} flex={1}>
      <Progress
        value={percent}
        size="sm"
        flex={1}
        aria-label={`Import of ${fileName}`}
        aria-valuetext={formatPercent(percent)}
      />
      <Text size="xs">{formatPercent(percent)}</Text>
    </Group>
  );
}
