// How the file of a data source is read, where that cannot be found out from it.

import { Checkbox, Fieldset, Stack, TextInput } from '@mantine/core';
import type { FieldErrors, OptionsDraft } from './source-draft.ts';

interface ImportOptionFieldsProps {
  reading: OptionsDraft;
  errors: FieldErrors;
  onChange(reading: OptionsDraft): void;
}

const NARROW = { input: { maxWidth: '12rem' }, wrapper: { maxWidth: '12rem' } };

export function ImportOptionFields({ reading, errors, onChange }: ImportOptionFieldsProps) {
  const change = (changes: Partial<OptionsDraft>) => onChange({ ...reading, ...changes });
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
          error={errors.encoding}
          onChange={({ currentTarget }) => change({ encoding: currentTarget.value })}
        />
        <TextInput
          label="Delimiter"
          description="The character between the fields, or the word tab. Leave it empty to have it found in the header."
          autoComplete="off"
          spellCheck={false}
          styles={NARROW}
          value={reading.delimiter}
          error={errors.delimiter}
          onChange={({ currentTarget }) => change({ delimiter: currentTarget.value })}
        />
        <TextInput
          label="Maximum rejected rows"
          description="An import with more fails, and changes nothing. Leave it empty for the limit of the server."
          inputMode="numeric"
          autoComplete="off"
          styles={NARROW}
          value={reading.maxRejectedRows}
          error={errors.maxRejectedRows}
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
