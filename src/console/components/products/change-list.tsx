// Products with what has changed, or would change, about each of them.

import { Anchor, Badge, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { productPath } from '../../utils/product-paths.ts';
import classes from './change-list.module.css';
import { ProductDifference, type ProductValues } from './product-difference.tsx';

export interface ListedChange {
  /** Unique in the list. */
  key: string;
  sku: string;
  before: ProductValues | null;
  after: ProductValues | null;
  /** What happened, in a word. */
  kind: string;
  /** Where or when. */
  note?: ReactNode;
}

export function ChangeList({ label, changes }: { label: string; changes: readonly ListedChange[] }) {
  return (
    <ol className={classes['list']} aria-label={label}>
      {changes.map(({ key, sku, before, after, kind, note }) => (
        <li key={key} className={classes['change']}>
          <Group gap="sm" mb={4}>
            <Anchor
              component={Link}
              href={productPath(sku)}
              ff="monospace"
              size="sm"
              fw={600}
              style={{ overflowWrap: 'anywhere' }}
            >
              {sku}
            </Anchor>
            <Badge radius="sm" variant="default" tt="none" fw={500}>
              {kind}
            </Badge>
            {note && (
              <Text size="sm" c="dimmed" component="div">
                {note}
              </Text>
            )}
          </Group>
          <ProductDifference label={`${kind}: ${sku}`} before={before} after={after} />
        </li>
      ))}
    </ol>
  );
}
