// The columns of a file, with their first values and what each of them becomes.

import { Anchor, NativeSelect, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { FIELDS, type ProductField, type ReadingDraft } from '../../../api/reading-draft.ts';
import { FIELD_LABELS } from '../../../components/reading/field-labels.ts';
import classes from './column-table.module.css';
import { type Column, choose } from './columns.ts';

interface ColumnTableProps {
  fileName: string;
  columns: readonly Column[];
  draft: ReadingDraft;
  onChange(changes: Partial<ReadingDraft>): void;
}

/** How many columns are shown at first, besides those that are imported. */
const SHOWN_COLUMNS = 10;

export function ColumnTable({ fileName, columns, draft, onChange }: ColumnTableProps) {
  const [showsAll, setShowsAll] = useState(columns.length <= SHOWN_COLUMNS + 2);
  const shown = showsAll ? columns : columns.filter(({ field, index }) => field || index < SHOWN_COLUMNS);
  return (
    <div>
      <Table className={classes['table'] ?? ''} aria-label={`Columns of ${fileName}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Column</Table.Th>
            <Table.Th>First values</Table.Th>
            <Table.Th>Becomes</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((column) => (
            <ColumnRow
              key={column.index}
              column={column}
              draft={draft}
              onChoose={(field) => onChange(choose(draft, column, field))}
            />
          ))}
        </Table.Tbody>
      </Table>
      {shown.length < columns.length && (
        <Anchor component="button" size="sm" mt="xs" underline="always" onClick={() => setShowsAll(true)}>
          Show all {columns.length} columns
        </Anchor>
      )}
    </div>
  );
}

interface ColumnRowProps {
  column: Column;
  draft: ReadingDraft;
  onChoose(field: ProductField | undefined): void;
}

function ColumnRow({
  column: { index, name, field, isGuessed, isKept, values },
  draft,
  onChoose,
}: ColumnRowProps) {
  const hasName = name.trim() !== '';
  const label = hasName ? `“${name}”` : `column ${index + 1}`;
  const isNamed = field && draft.unchosen.includes(field) && draft.mapping[field] === undefined;
  return (
    <Table.Tr data-imported={field !== undefined || isKept || undefined}>
      <Table.Th scope="row" className={classes['name'] ?? ''}>
        {hasName ? (
          <span className={classes['label']} title={name}>
            {name}
          </span>
        ) : (
          <Text span c="dimmed" size="sm">
            Column {index + 1}, without a name
          </Text>
        )}
      </Table.Th>
      <Table.Td className={classes['values'] ?? ''}>
        {values.length > 0 ? (
          <ul>
            {values.map((value) => (
              <li key={value} title={value}>
                {value}
              </li>
            ))}
          </ul>
        ) : (
          <Text size="sm" c="dimmed">
            Empty
          </Text>
        )}
      </Table.Td>
      <Table.Td className={classes['choice'] ?? ''}>
        <NativeSelect
          size="sm"
          aria-label={`What ${label} becomes`}
          // A column is chosen by its name.
          disabled={!hasName}
          description={
            isNamed
              ? `Read because of its name. For another column as ${FIELD_LABELS[field]}, choose it there.`
              : isGuessed && 'Recognized by its name'
          }
          inputWrapperOrder={['input', 'description']}
          data={[
            { value: '', label: isKept ? 'An attribute' : 'Not imported' },
            ...FIELDS.map((each) => ({ value: each, label: FIELD_LABELS[each] })),
          ]}
          value={field ?? ''}
          onChange={({ currentTarget }) => onChoose(FIELDS.find((each) => each === currentTarget.value))}
        />
      </Table.Td>
    </Table.Tr>
  );
}
