// Which columns of a data source become what, and what is filled in where they have nothing.

import { Fieldset, Input, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { FIELDS, type ProductField } from '../../../api/reading-draft.ts';
import { DefaultFields } from '../../../components/reading/default-fields.tsx';
import type { FieldErrors, OptionsDraft } from './source-draft.ts';
import { UsualSelect } from './usual-select.tsx';

interface ColumnFieldsProps {
  options: OptionsDraft;
  errors: FieldErrors;
  onChange(options: OptionsDraft): void;
}

const LABELS: Record<ProductField, string> = {
  SKU: 'Column with the SKU',
  NAME: 'Column with the name',
  DESCRIPTION: 'Column with the description',
};
/** As the server's rule. */
const MAX_COLUMN_LENGTH = 1000;

export function ColumnFields({ options, errors, onChange }: ColumnFieldsProps) {
  const change = (changes: Partial<OptionsDraft>) => onChange({ ...options, ...changes });
  const { mapping } = options;
  return (
    <Fieldset
      legend="Columns"
      styles={{ legend: { fontWeight: 600 } }}
      aria-describedby="columns-description"
    >
      <Stack gap="sm">
        <Text size="xs" c="dimmed" id="columns-description">
          Columns are recognized by the names that they usually have. Where yours have others, enter them as
          they are in the first line of the file.
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm" verticalSpacing="sm">
          {FIELDS.map((field) => (
            <TextInput
              key={field}
              label={LABELS[field]}
              placeholder={options.profile === '' ? 'Recognized by its name' : 'As the profile says'}
              autoComplete="off"
              spellCheck={false}
              maxLength={MAX_COLUMN_LENGTH}
              value={mapping[field] ?? ''}
              error={errors.mapping !== undefined && (mapping[field] ?? '') !== ''}
              onChange={({ currentTarget }) =>
                change({ mapping: { ...mapping, [field]: currentTarget.value } })
              }
            />
          ))}
        </SimpleGrid>
        {errors.mapping && <Input.Error role="alert">{errors.mapping}</Input.Error>}
        <UsualSelect
          label="Other columns"
          usual="false"
          choices={[
            { value: 'false', label: 'Not imported' },
            { value: 'true', label: 'Kept as attributes of the products' },
          ]}
          hasProfile={options.profile !== ''}
          value={options.keepColumns}
          onChange={(keepColumns) => change({ keepColumns })}
        />
        <DefaultFields
          defaults={options.defaults}
          errors={errors}
          onChange={(defaults) => change({ defaults })}
        />
        {errors.defaults && <Input.Error role="alert">{errors.defaults}</Input.Error>}
      </Stack>
    </Fieldset>
  );
}
