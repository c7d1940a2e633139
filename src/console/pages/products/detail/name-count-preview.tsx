// The product counts of the old and the new name: before saving what the change will do, afterwards what it did.

import { Group, Paper, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { NameCount } from '../../../hooks/use-refresh-on-change.ts';
import { formatCount, pluralize } from '../../../utils/format.ts';
import { isBlank } from '../../../utils/is-blank.ts';
import classes from './name-count-preview.module.css';

interface NameCountPreviewProps {
  from: string;
  to: string;
  /** The current counts. */
  counts: readonly NameCount[];
  /** The counts before the change was saved; undefined until then. */
  before: readonly NameCount[] | undefined;
}

export function NameCountPreview({ from, to, counts, before }: NameCountPreviewProps) {
  const isRenamed = !isBlank(to) && to !== from;
  return (
    <Group gap="sm" grow align="stretch" wrap="nowrap" aria-live="polite">
      <NameCountTile name={from} counts={counts} before={before} change={isRenamed ? -1 : 0} />
      {isRenamed && <NameCountTile name={to} counts={counts} before={before} change={1} />}
    </Group>
  );
}

interface NameCountTileProps {
  name: string;
  counts: readonly NameCount[];
  before: readonly NameCount[] | undefined;
  change: -1 | 0 | 1;
}

function NameCountTile({ name, counts, before, change }: NameCountTileProps) {
  const now = countIn(counts, name);
  const hasChanged = useHasChanged(now);
  return (
    <Paper withBorder px="sm" py="xs" className={classes['tile'] ?? ''}>
      <Text size="xs" c="dimmed" truncate title={name}>
        {name}
      </Text>
      <Text fw={650} className={hasChanged ? (classes['changed'] ?? '') : ''} key={now}>
        {now === undefined ? '…' : pluralize(now, 'product')}
      </Text>
      <Text size="xs" c="dimmed">
        {now === undefined ? '…' : before ? comparison(now, countIn(before, name)) : forecast(now, change)}
      </Text>
    </Paper>
  );
}

function forecast(now: number, change: -1 | 0 | 1): string {
  return change === 0 ? 'now' : `${formatCount(now + change)} once saved`;
}

function comparison(now: number, then: number | undefined): string {
  return then === undefined || then === now ? 'now' : `was ${formatCount(then)}`;
}

/** Whether the value differs from the first one that was shown. */
function useHasChanged(value: number | undefined): boolean {
  const first = useRef(value);
  useEffect(() => {
    first.current ??= value;
  }, [value]);
  return first.current !== undefined && first.current !== value;
}

function countIn(counts: readonly NameCount[], name: string): number | undefined {
  return counts.find((each) => each.name === name)?.productCount;
}
