// The values of a product before and after a change, with differences marked. Only one of the two if there is no other.

import { Anchor, Table } from '@mantine/core';
import { useState } from 'react';
import classes from './product-difference.module.css';
import { TextDifference } from './text-difference.tsx';

export interface ProductValues {
  name: string;
  description: string;
  /** An object with strings. */
  attributes: unknown;
}

/** How many values are shown at first, and about how much of each. */
const SHOWN_FIELDS = 8;
const SHOWN_CHARACTERS = 600;

const LABELS = { before: 'Before', after: 'After' };

interface ProductDifferenceProps {
  /** What the two versions are, for screen readers. */
  label: string;
  before: ProductValues | null;
  after: ProductValues | null;
}

export function ProductDifference({ label, before, after }: ProductDifferenceProps) {
  const values = { before: before && fieldsOf(before), after: after && fieldsOf(after) };
  const names = [...new Set([...Object.keys(values.before ?? {}), ...Object.keys(values.after ?? {})])];
  const isChange = values.before !== null && values.after !== null;
  // Of a change, only what has changed; of a single version, everything.
  const listed = isChange ? names.filter((name) => values.before?.[name] !== values.after?.[name]) : names;
  const isLong = (name: string) =>
    Math.max(values.before?.[name]?.length ?? 0, values.after?.[name]?.length ?? 0) > SHOWN_CHARACTERS;
  const [showsAll, setShowsAll] = useState(listed.length <= SHOWN_FIELDS && !listed.some(isLong));
  const shown = showsAll ? listed : listed.slice(0, SHOWN_FIELDS);
  return (
    <>
      <Table className={classes['table'] ?? ''} verticalSpacing={4} aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            <Table.Td />
            {before && <Table.Th>Before</Table.Th>}
            {after && <Table.Th>{before ? 'After' : 'New'}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((name) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{name}</Table.Th>
              {(['before', 'after'] as const).map(
                (side) =>
                  values[side] && (
                    <Table.Td key={side} data-side={isChange ? LABELS[side] : undefined}>
                      <div className={showsAll ? undefined : classes['short']}>
                        <Value
                          value={values[side][name]}
                          before={values.before?.[name]}
                          after={values.after?.[name]}
                          side={side}
                          isChange={isChange}
                        />
                      </div>
                    </Table.Td>
                  ),
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {!showsAll && (
        <Anchor component="button" size="sm" mt={4} underline="always" onClick={() => setShowsAll(true)}>
          {shown.length < listed.length ? `Show all ${listed.length} values` : 'Show all of the text'}
        </Anchor>
      )}
    </>
  );
}

interface ValueProps {
  value: string | undefined;
  before: string | undefined;
  after: string | undefined;
  side: 'before' | 'after';
  isChange: boolean;
}

function Value({ value, before = '', after = '', side, isChange }: ValueProps) {
  if (!value) return <span className={classes['none']}>(empty)</span>;
  return isChange ? <TextDifference before={before} after={after} shows={side} /> : value;
}

function fieldsOf({ name, description, attributes }: ProductValues): Record<string, string> {
  return { Name: name, Description: description, ...(attributes as Record<string, string>) };
}
