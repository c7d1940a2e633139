// How the file of a data source is read, where that cannot be found out from it.

import { Checkbox, Fieldset, Stack, TextInput } from '@mantine/core';
import type { Problems, Reading } from './source-draft.ts';

interface ReadingFieldsProps {
  reading: Reading;
  problems: Problems;
  onChange(reading: Reading): void;
}

const NARROW = { input: { maxWidth: '12rem' }, wrapper: { maxWidth: '12rem' } };

export function ReadingFields({ reading, problems, onChange }: ReadingFieldsProps) {
  const change = (changes: Partial<Reading>) => onChange({ ...reading, ...changes });
  return (
    <Fieldset legend="How its file is read" styles={{ legend: { fontWeight: 600 } }}>
      <Stack gap="sm">
        <TextInput
          label="Encoding"
          description="Such as windows-1252 or shift_jis. Leave it empty for what the file or its server says, and for UTF-8."
          autoComplete="off"
          spellCheck={false}
          styles={NARROW}
          value={reading.encoding}
          error={problems.encoding}
          onChange={({ currentTarget }) => change({ encoding: currentTarget.value })}
        />
        <TextInput
          label="Delimiter"
          description="The character between the fields, or the word tab. Leave it empty to have it found in the header."
          autoComplete="off"
          spellCheck={false}
          styles={NARROW}
          value={reading.delimiter}
          error={problems.delimiter}
          onChange={({ currentTarget }) => change({ delimiter: currentTarget.value })}
        />
        <TextInput
          label="Maximum rejected rows"
          description="An import with more fails, and changes nothing. Leave it empty for the limit of the server."
          inputMode="numeric"
          autoComplete="off"
          styles={NARROW}
          value={reading.maxRejectedRows}
          error={problems.maxRejectedRows}
          onChange={({ currentTarget }) => change({ maxRejectedRows: currentTarget.value })}
        />
        <Checkbox
          label="Treat quotes as ordinary characters"
          description="For files that are written without quoting: each line is a row."
          checked={reading.isUnquoted}
          onChange={({ currentTarget }) => change({ isUnquoted: currentTarget.checked })}
        />
        <Checkbox
          label="Ignore spaces after a delimiter"
          checked={reading.skipInitialSpace}
          onChange={({ currentTarget }) => change({ skipInitialSpace: currentTarget.checked })}
        />
      </Stack>
    </Fieldset>
  );
}
