// The HTTP headers sent to a data source. The server never returns their values.

import { Button, Fieldset, Group, Input, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useRef } from 'react';
import type { HeaderDraft } from './source-draft.ts';

interface HeaderFieldsProps {
  headers: readonly HeaderDraft[];
  /** Whether the source already has headers. */
  hasSavedHeaders: boolean;
  /** Whether the saved values will be sent to another host. */
  sendsToNewHost: boolean;
  error: string | undefined;
  onChange(headers: readonly HeaderDraft[]): void;
}

export function HeaderFields({
  headers,
  hasSavedHeaders,
  sendsToNewHost,
  error,
  onChange,
}: HeaderFieldsProps) {
  const addButton = useRef<HTMLButtonElement>(null);
  const set = (key: number, changes: Partial<HeaderDraft>) =>
    onChange(headers.map((header) => (header.key === key ? { ...header, ...changes } : header)));
  return (
    <Fieldset
      legend="Headers"
      styles={{ legend: { fontWeight: 600 } }}
      aria-describedby="headers-description"
    >
      <Stack gap="sm">
        <Text size="xs" c="dimmed" id="headers-description">
          {hasSavedHeaders
            ? 'Saved values are never shown. Leave all headers unchanged to keep them. To change any header, enter all values again, because all headers are replaced together.'
            : 'HTTP headers such as Authorization, for a source that requires a password or a key. Values are never shown after saving.'}
        </Text>
        {headers.map(({ key, name, value }, index) => (
          <Group key={key} gap="xs" align="flex-end">
            <TextInput
              label="Name"
              aria-label={`Name of header ${index + 1}`}
              flex="1 1 9rem"
              autoComplete="off"
              spellCheck={false}
              value={name}
              error={error !== undefined}
              onChange={({ currentTarget }) => set(key, { name: currentTarget.value })}
            />
            <PasswordInput
              label="Value"
              aria-label={`Value of header ${index + 1}`}
              flex="2 1 12rem"
              autoComplete="new-password"
              placeholder={hasSavedHeaders ? 'unchanged' : ''}
              value={value}
              error={error !== undefined}
              visibilityToggleButtonProps={{
                'aria-label': `Show the value of header ${index + 1}`,
                'aria-hidden': false,
                tabIndex: 0,
              }}
              onChange={({ currentTarget }) => set(key, { value: currentTarget.value })}
            />
            <Button
              variant="default"
              aria-label={`Remove header ${index + 1}`}
              onClick={() => {
                onChange(headers.filter((header) => header.key !== key));
                addButton.current?.focus();
              }}
            >
              Remove
            </Button>
          </Group>
        ))}
        {sendsToNewHost && (
          <Text size="sm">The saved values will be sent to the new address, which is on another host.</Text>
        )}
        {error && <Input.Error role="alert">{error}</Input.Error>}
        <Button
          ref={addButton}
          variant="default"
          size="xs"
          w="fit-content"
          onClick={() => onChange([...headers, { key: nextKey(headers), name: '', value: '' }])}
        >
          Add a header
        </Button>
      </Stack>
    </Fieldset>
  );
}

function nextKey(headers: readonly HeaderDraft[]): number {
  return Math.max(-1, ...headers.map(({ key }) => key)) + 1;
}
