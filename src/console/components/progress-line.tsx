// A bar with what it stands for and how far it is, in a line of fixed places: nothing moves but the bar.

import { Group, Progress, Stack, Text } from '@mantine/core';
import { formatPercent } from './format.ts';

interface ProgressLineProps {
  label: string;
  /** What it is the progress of, for those who hear it. */
  name: string;
  /** Undefined while it cannot be told. */
  percent: number | undefined;
  details: (string | undefined)[];
}

export function ProgressLine({ label, name, percent, details }: ProgressLineProps) {
  const words = details.filter((detail) => detail !== undefined).join(' · ');
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="baseline">
        <Text size="sm" fw={500} style={{ flexShrink: 0 }}>
          {label}
        </Text>
        <Text size="sm" c="dimmed" ta="right">
          {words}
          {percent !== undefined && (
            <Text
              span
              inherit
              c="var(--mantine-color-text)"
              fw={600}
              ml="sm"
              style={{ whiteSpace: 'nowrap' }}
            >
              {formatPercent(percent)}
            </Text>
          )}
        </Text>
      </Group>
      <Progress.Root size="sm" transitionDuration={200}>
        <Progress.Section
          value={percent ?? 100}
          striped={percent === undefined}
          animated={percent === undefined}
          aria-label={name}
          aria-valuetext={`${label}: ${percent === undefined ? words : `${formatPercent(percent)}, ${words}`}`}
        />
      </Progress.Root>
    </Stack>
  );
}
