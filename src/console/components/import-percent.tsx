// How far an import is, for a row of a table.

import { Group, Progress, Text } from '@mantine/core';
import type { ImportState } from '../api/import-state.ts';
import { formatPercent } from './format.ts';

interface ImportPercentProps {
  state: ImportState;
  /** Room above it. */
  mt?: number;
}

export function ImportPercent({ state: { fileName, percent }, mt = 0 }: ImportPercentProps) {
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
