// Applies, saves and deletes import profiles: ways of reading files, kept under a name.

import { Button, Fieldset, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { useFreshQuery } from '../../../api/api.tsx';
import {
  DeleteImportProfile,
  type ImportProfile,
  ImportProfiles,
  SaveImportProfile,
} from '../../../api/import-profiles.ts';
import { draftOf, type ReadingDraft, readingOptions } from '../../../api/reading-draft.ts';
import { useUnsavedEdits } from '../../../leaving/use-unsaved-edits.ts';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { isBlank } from '../../../utils/is-blank.ts';

interface ProfileFieldsProps {
  draft: ReadingDraft;
  onChange(changes: Partial<ReadingDraft>): void;
}

const MAX_NAME_LENGTH = 200;

export function ProfileFields({ draft, onChange }: ProfileFieldsProps) {
  const [{ data, error }, refetch] = useFreshQuery({ query: ImportProfiles });
  const profiles = data?.importProfiles.nodes ?? [];
  const current = profiles.find(({ name }) => name === draft.profile);
  const apply = (name: string) => {
    const profile = profiles.find((each) => each.name === name);
    if (profile) onChange({ ...draftOf(profile), profile: name });
    else onChange({ profile: '' });
  };
  return (
    <Fieldset legend="Profile" styles={{ legend: { fontWeight: 600 } }}>
      <Stack gap="md">
        <Group align="flex-end" gap="sm">
          <NativeSelect
            label="Use a saved profile"
            description="It sets the columns and all options above."
            flex="1 1 14rem"
            maw="24rem"
            data={[
              { value: '', label: profiles.length > 0 ? 'None' : 'None saved yet' },
              ...profiles.map(({ name }) => name),
            ]}
            value={current?.name ?? ''}
            onChange={({ currentTarget }) => apply(currentTarget.value)}
          />
          {current && <DeleteProfile profile={current} onDeleted={() => onChange({ profile: '' })} />}
        </Group>
        <SaveProfile
          profiles={profiles}
          draft={draft}
          onSaved={(name) => {
            onChange({ profile: name });
            refetch({ requestPolicy: 'network-only' });
          }}
        />
        {error && !data && (
          <Text size="sm" role="alert" c="var(--mantine-color-error)">
            {errorMessage(error)}
          </Text>
        )}
      </Stack>
    </Fieldset>
  );
}

interface SaveProfileProps {
  profiles: readonly ImportProfile[];
  draft: ReadingDraft;
  onSaved(name: string): void;
}

function SaveProfile({ profiles, draft, onSaved }: SaveProfileProps) {
  const [name, setName] = useState('');
  const [saved, setSaved] = useState('');
  useUnsavedEdits(name !== '');
  const [{ fetching, error }, save] = useMutation(SaveImportProfile);
  const replaces = profiles.some((profile) => profile.name === name.trim());
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (fetching || isBlank(name)) return;
    const { data } = await save({ input: { name: name.trim(), ...readingOptions(draft) } });
    if (!data?.saveImportProfile) return;
    setSaved(data.saveImportProfile.name);
    setName('');
    onSaved(data.saveImportProfile.name);
  }
  return (
    <form onSubmit={(event) => void submit(event)} aria-label="Save as a profile">
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Save as a profile"
          description="For the next files of this kind, and for sources."
          placeholder="For example: Winter supplier"
          flex="1 1 14rem"
          maw="24rem"
          maxLength={MAX_NAME_LENGTH}
          autoComplete="off"
          value={name}
          error={error && errorMessage(error)}
          onChange={({ currentTarget }) => {
            setName(currentTarget.value);
            setSaved('');
          }}
        />
        <Button type="submit" variant="default" loading={fetching} disabled={isBlank(name)}>
          {replaces ? 'Replace' : 'Save'}
        </Button>
      </Group>
      <Text size="sm" role="status" mt={saved || replaces ? 6 : 0}>
        {saved ? `Saved as “${saved}”.` : replaces ? 'A profile with this name is replaced.' : ''}
      </Text>
    </form>
  );
}

function DeleteProfile({ profile: { id, name }, onDeleted }: { profile: ImportProfile; onDeleted(): void }) {
  const [isAsking, setAsking] = useState(false);
  const [{ fetching, error }, remove] = useMutation(DeleteImportProfile);
  if (!isAsking) {
    return (
      <Button variant="default" onClick={() => setAsking(true)}>
        Delete the profile
      </Button>
    );
  }
  return (
    <Group gap="sm">
      <Text size="sm" role="alert">
        {error ? errorMessage(error) : `Delete “${name}”? Sources that use it stop working.`}
      </Text>
      <Button variant="default" autoFocus onClick={() => setAsking(false)}>
        Keep it
      </Button>
      <Button
        color="red.9"
        loading={fetching}
        onClick={() =>
          void remove({ id }).then(({ data }) => {
            if (data?.deleteImportProfile) onDeleted();
          })
        }
      >
        Delete
      </Button>
    </Group>
  );
}
