// A link to the data source of an import.

import { Anchor, Text, type TextProps } from '@mantine/core';
import { Link } from 'wouter';
import type { ImportState } from '../../api/live/import-state.ts';

type Source = NonNullable<ImportState['source']>;

export function SourceLink({ source, size }: { source: Source; size: NonNullable<TextProps['size']> }) {
  return (
    <Text span size={size} c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      from{' '}
      <Anchor
        component={Link}
        href={`/sources/${source.id}`}
        inherit
        underline="always"
        title="Data source of this import"
      >
        {source.name}
      </Anchor>
    </Text>
  );
}
