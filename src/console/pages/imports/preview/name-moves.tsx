// The names that would have another number of products.

import { Anchor, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { formatCount, pluralize } from '../../../utils/format.ts';
import type { Preview } from './documents.ts';
import classes from './name-moves.module.css';

/** How many names are shown at first. */
const SHOWN_NAMES = 8;

export function NameMoves({ names, total }: { names: Preview['names']; total: number }) {
  const [showsAll, setShowsAll] = useState(names.length <= SHOWN_NAMES + 2);
  const shown = showsAll ? names : names.slice(0, SHOWN_NAMES);
  return (
    <Stack gap="xs" component="section" aria-labelledby="name-moves">
      <div>
        <Title order={2} id="name-moves">
          Names
        </Title>
        <Text size="sm" c="dimmed">
          {total === 1
            ? 'One name would have another number of products.'
            : `${pluralize(total, 'name')} would have another number of products.`}
          {names.length < total && ` These ${names.length} change most.`}
        </Text>
      </div>
      <Table className={classes['table'] ?? ''} verticalSpacing={4} aria-label="Names that would change">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th className={classes['number'] ?? ''}>Now</Table.Th>
            <Table.Th className={classes['number'] ?? ''}>Then</Table.Th>
            <Table.Th className={classes['number'] ?? ''}>Change</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map(({ name, countNow, countThen }) => (
            <Table.Tr key={name}>
              <Table.Td className={classes['name'] ?? ''} title={name}>
                {name}
              </Table.Td>
              <Table.Td className={classes['number'] ?? ''}>{formatCount(countNow)}</Table.Td>
              <Table.Td className={classes['number'] ?? ''}>{formatCount(countThen)}</Table.Td>
              <Table.Td className={classes['number'] ?? ''}>{signed(countThen - countNow)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {shown.length < names.length && (
        <Anchor
          component="button"
          size="sm"
          w="fit-content"
          underline="always"
          onClick={() => setShowsAll(true)}
        >
          Show {names.length - shown.length} more
        </Anchor>
      )}
    </Stack>
  );
}

/** +3, −2 */
function signed(change: number): string {
  return `${change < 0 ? '−' : '+'}${formatCount(Math.abs(change))}`;
}
