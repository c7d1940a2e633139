// Renames the selected products: all to one name, or each by replacing a part of its name.

import { SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { pluralize } from '../../../../utils/format.ts';
import { isBlank } from '../../../../utils/is-blank.ts';
import type { Product } from '../../documents.ts';
import { RenameProducts } from './documents.ts';
import { EditDialog } from './edit-dialog.tsx';
import { newNameOf, type Renaming, renamedBy } from './new-names.ts';
import type { EditProgress } from './run-edits.ts';

const MAX_NAME_LENGTH = 512;

interface RenameDialogProps {
  products: readonly Product[];
  onClose(result: EditProgress | undefined): void;
}

export function RenameDialog({ products, onClose }: RenameDialogProps) {
  const [, update] = useMutation(RenameProducts);
  const [kind, setKind] = useState<Renaming['kind']>('SAME');
  const [name, setName] = useState('');
  const [part, setPart] = useState('');
  const [by, setBy] = useState('');
  const renaming: Renaming = kind === 'SAME' ? { kind, name } : { kind, part, by };
  const renamed = kind === 'SAME' && isBlank(name) ? [] : renamedBy(products, renaming);
  const [first] = renamed;
  return (
    <EditDialog
      title={`Rename ${pluralize(products.length, 'product')}`}
      products={renamed}
      confirm={`Rename ${pluralize(renamed.length, 'product')}`}
      done="renamed"
      send={async (some) => {
        const edits = some.map((product) => ({
          sku: product.sku,
          name: newNameOf(product, renaming),
          updatedAt: product.updatedAt,
        }));
        const { data, error } = await update({ products: edits });
        return { edits: data?.updateProducts, error };
      }}
      onClose={onClose}
    >
      <Stack gap="sm">
        <SegmentedControl
          aria-label="New names"
          value={kind}
          onChange={(value) => setKind(value as Renaming['kind'])}
          data={[
            { value: 'SAME', label: 'One name for all' },
            { value: 'REPLACE', label: 'Replace a part' },
          ]}
        />
        {kind === 'SAME' ? (
          <TextInput
            label="New name"
            value={name}
            maxLength={MAX_NAME_LENGTH}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
        ) : (
          <>
            <TextInput
              label="Part of the names"
              description="Exactly as it is written in them"
              value={part}
              onChange={(event) => setPart(event.currentTarget.value)}
            />
            <TextInput
              label="Replaced by"
              value={by}
              maxLength={MAX_NAME_LENGTH}
              onChange={(event) => setBy(event.currentTarget.value)}
            />
          </>
        )}
        <Text size="sm" c="dimmed" mih={22} style={{ overflowWrap: 'anywhere' }}>
          {first && `“${first.name}” becomes “${newNameOf(first, renaming)}”.`}
        </Text>
      </Stack>
    </EditDialog>
  );
}
