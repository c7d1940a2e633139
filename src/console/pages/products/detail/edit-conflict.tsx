// Shown when someone else changed the product during an edit: compares both versions and lets the user choose.

import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { WarningIcon } from '../../../components/display/icons.tsx';
import { Time } from '../../../components/display/time.tsx';
import type { Product } from '../documents.ts';
import { textsOf } from './attribute-draft.ts';
import classes from './edit-conflict.module.css';

interface EditConflictProps {
  theirs: Product;
  /** Of attributes, those that are not as theirs; null for one that is removed. */
  mine: Pick<Product, 'name' | 'description'> & { attributes: Record<string, string | null> };
  busy: boolean;
  onUseTheirs(): void;
  onOverwrite(): void;
}

export function EditConflict({ theirs, mine, busy, onUseTheirs, onOverwrite }: EditConflictProps) {
  const fields = (['name', 'description'] as const).filter((field) => theirs[field] !== mine[field]);
  const rows = [
    ...fields.map(
      (field) => [field === 'name' ? 'Name' : 'Description', theirs[field], mine[field]] as const,
    ),
    ...Object.entries(mine.attributes).map(
      ([name, value]) => [name, textsOf(theirs.attributes)[name], value] as const,
    ),
  ];
  return (
    <Alert
      color="orange"
      icon={<WarningIcon />}
      title="Someone else changed this product"
      role="alert"
      classNames={{ title: classes['title'] ?? '' }}
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          It was changed at <Time iso={theirs.updatedAt} isFocusable />, after you opened it. Your changes
          have not been saved.
        </Text>
        <Table className={classes['fields'] ?? ''} verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              <Table.Th>Theirs (saved)</Table.Th>
              <Table.Th>Yours</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(([label, their, my]) => (
              <Table.Tr key={label}>
                <Table.Th scope="row">{label}</Table.Th>
                <Table.Td>{their || '(empty)'}</Table.Td>
                <Table.Td>{my || '(empty)'}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Group gap="sm">
          <Button size="xs" variant="default" onClick={onUseTheirs}>
            Use theirs
          </Button>
          <Button size="xs" loading={busy} onClick={onOverwrite}>
            Overwrite with mine
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
