// Edits the attributes of a product: values of other columns of its files.

import { Button, Fieldset, Group, Input, Stack, Textarea, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { applyEdit, toTextFieldValue } from '../../../utils/reading/line-endings.ts';
import type { AttributeDraft } from './attribute-draft.ts';

interface AttributeFieldsProps {
  attributes: readonly AttributeDraft[];
  readOnly: boolean;
  error: string | undefined;
  onChange(attributes: AttributeDraft[]): void;
}

export function AttributeFields({ attributes, readOnly, error, onChange }: AttributeFieldsProps) {
  const addButton = useRef<HTMLButtonElement>(null);
  const set = (key: number, changes: Partial<AttributeDraft>) =>
    onChange(attributes.map((each) => (each.key === key ? { ...each, ...changes } : each)));
  const nextKey = Math.max(-1, ...attributes.map(({ key }) => key)) + 1;
  return (
    <Fieldset legend="Attributes" styles={{ legend: { fontWeight: 600 } }}>
      <Stack gap="sm">
        {attributes.map(({ key, name, value, isNew }) => (
          <Group key={key} gap="xs" align="flex-end">
            {isNew && (
              <TextInput
                label="Name of the new attribute"
                flex="1 1 9rem"
                autoComplete="off"
                value={name}
                error={error !== undefined}
                onChange={({ currentTarget }) => set(key, { name: currentTarget.value })}
              />
            )}
            <Textarea
              label={isNew ? 'Its value' : name}
              autosize
              maxRows={8}
              flex="2 1 12rem"
              styles={{ label: { overflowWrap: 'anywhere' } }}
              readOnly={readOnly}
              value={toTextFieldValue(value)}
              error={error !== undefined}
              onChange={({ target }) => set(key, { value: applyEdit(value, target) })}
            />
            {!readOnly && (
              <Button
                variant="default"
                aria-label={`Remove ${name || 'the new attribute'}`}
                onClick={() => {
                  onChange(attributes.filter((each) => each.key !== key));
                  addButton.current?.focus();
                }}
              >
                Remove
              </Button>
            )}
          </Group>
        ))}
        {error && <Input.Error role="alert">{error}</Input.Error>}
        {!readOnly && (
          <Button
            ref={addButton}
            variant="default"
            size="xs"
            w="fit-content"
            onClick={() => onChange([...attributes, { key: nextKey, name: '', value: '', isNew: true }])}
          >
            Add an attribute
          </Button>
        )}
      </Stack>
    </Fieldset>
  );
}
