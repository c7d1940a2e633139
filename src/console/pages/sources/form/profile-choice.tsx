// Chooses a saved way of reading files, and shows what it holds.

import { Box, NativeSelect, Stack, Text } from '@mantine/core';
import { useFreshQuery } from '../../../api/api.tsx';
import { ImportProfiles } from '../../../api/import-profiles.ts';
import { Facts } from '../../../components/display/facts.tsx';
import { readingFacts } from '../../../components/reading/reading-facts.ts';
import { errorMessage } from '../../../utils/errors/error-message.ts';

interface ProfileChoiceProps {
  /** The name of the profile; empty for none. */
  profile: string;
  error: string | undefined;
  onChange(profile: string): void;
}

export function ProfileChoice({ profile, error, onChange }: ProfileChoiceProps) {
  const [{ data, error: failure }] = useFreshQuery({ query: ImportProfiles });
  const profiles = data?.importProfiles.nodes ?? [];
  const current = profiles.find(({ name }) => name === profile);
  const isGone = profile !== '' && data !== undefined && !current;
  return (
    <Stack gap="xs">
      <NativeSelect
        label="Profile"
        description="A saved way of reading files. It says what is left open below. Profiles are saved on the Import page, under the options of a file."
        data={[
          { value: '', label: data && profiles.length === 0 ? 'None saved yet' : 'None' },
          ...profiles.map(({ name }) => name),
          // Also while the others are not loaded.
          ...(profile !== '' && !current ? [{ value: profile, label: profile }] : []),
        ]}
        value={profile}
        error={
          error ?? (isGone && 'This profile is gone. Save it again under this name, or choose another one.')
        }
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
      {current && (
        <Box role="group" aria-label={`What the profile ${current.name} says`}>
          <Facts facts={readingFacts(current)} />
        </Box>
      )}
      {failure && !data && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {errorMessage(failure)}
        </Text>
      )}
    </Stack>
  );
}
