// What a page shows while its data is loading.

import { Skeleton, Stack } from '@mantine/core';

interface LoadingProps {
  rows?: number;
  /** In pixels. */
  rowHeight?: number;
  /** What is being loaded, for screen readers. */
  what?: string;
}

/** A placeholder as tall as `rows` rows, so that the page does not jump when they arrive. */
export function Loading({ rows = 6, rowHeight = 40, what = 'data' }: LoadingProps) {
  return (
    <Stack gap="xs" role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all rows are identical
        <Skeleton key={row} height={rowHeight - 8} />
      ))}
    </Stack>
  );
}
