// Names with their counts, and bars relative to the largest count on the page.

import { Anchor, Table } from '@mantine/core';
import { Link } from 'wouter';
import { formatCount } from '../../utils/format.ts';
import { productsWithNamePath } from '../../utils/product-paths.ts';
import type { NameWithCount } from './documents.ts';
import classes from './name-table.module.css';

export function NameTable({ names }: { names: readonly NameWithCount[] }) {
  const largest = Math.max(...names.map(({ productCount }) => productCount));
  return (
    <Table className={classes['table'] ?? ''} verticalSpacing={6} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th className={classes['count'] ?? ''}>Products</Table.Th>
          <Table.Th aria-hidden="true" />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {names.map(({ name, productCount }) => (
          <Table.Tr key={name}>
            <Table.Td className={classes['name'] ?? ''}>
              <Anchor
                component={Link}
                href={productsWithNamePath(name)}
                inherit
                title={`Products with the name ${name}`}
              >
                {name}
              </Anchor>
            </Table.Td>
            <Table.Td className={classes['count'] ?? ''}>{formatCount(productCount)}</Table.Td>
            <Table.Td aria-hidden="true">
              <div className={classes['bar']} style={{ width: `${(100 * productCount) / largest}%` }} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
