// Shown when someone else changed the product during an edit: compares both versions and lets the user choose.

import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { WarningIcon } from '../../components/display/icons.tsx';
import { Time } from '../../components/display/time.tsx';
import type { Product } from './documents.ts';
import classes from './edit-conflict.module.css';

interface EditConflictProps {
  theirs: Product;
  mine: Pick<Product, 'name' | 'description'>;
  busy: boolean;
  onUseTheirs(): void;
  onOverwrite(): void;
}

export function EditConflict({ theirs, mine, busy, onUseTheirs, onOverwrite }: EditConflictProps) {
  const fields = (['name', 'description'] as const).filter((field) => theirs[field] !== mine[field]);
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
            {fields.map((field) => (
              <Table.Tr key={field}>
                <Table.Th scope="row">{field === 'name' ? 'Name' : 'Description'}</Table.Th>
                <Table.Td>{theirs[field] || '(empty)'}</Table.Td>
                <Table.Td>{mine[field] || '(empty)'}</Table.Td>
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
