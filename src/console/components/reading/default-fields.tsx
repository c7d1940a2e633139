// Values for what is missing in a file.

import { Checkbox, Stack, TextInput } from '@mantine/core';
import type { DefaultField, ReadingDraft } from '../../api/reading-draft.ts';
import { isBlank } from '../../utils/is-blank.ts';

type Defaults = ReadingDraft['defaults'];

interface DefaultFieldsProps {
  defaults: Defaults;
  errors: DefaultErrors;
  onChange(defaults: Defaults): void;
}

export type DefaultErrors = Partial<Record<'defaultName', string>>;

const MAX_NAME_LENGTH = 512;
const MAX_DESCRIPTION_LENGTH = 10_000;

/** What is wrong with the values. */
export function defaultErrors({ NAME }: Defaults): DefaultErrors {
  return NAME !== undefined && isBlank(NAME) ? { defaultName: 'Enter a name.' } : {};
}

export function DefaultFields({ defaults, errors, onChange }: DefaultFieldsProps) {
  return (
    <Stack gap="sm">
      <DefaultValue
        field="NAME"
        label="Fill in a name where it is missing"
        inputLabel="Name for products without one"
        maxLength={MAX_NAME_LENGTH}
        error={errors.defaultName}
        defaults={defaults}
        onChange={onChange}
      />
      <DefaultValue
        field="DESCRIPTION"
        label="Fill in a description where it is missing"
        inputLabel="Description for products without one, may be empty"
        maxLength={MAX_DESCRIPTION_LENGTH}
        error={undefined}
        defaults={defaults}
        onChange={onChange}
      />
    </Stack>
  );
}

interface DefaultValueProps extends Pick<DefaultFieldsProps, 'defaults' | 'onChange'> {
  field: DefaultField;
  label: string;
  inputLabel: string;
  maxLength: number;
  error: string | undefined;
}

function DefaultValue({ field, label, inputLabel, maxLength, error, defaults, onChange }: DefaultValueProps) {
  const { [field]: value, ...others } = defaults;
  return (
    <Stack gap={6}>
      <Checkbox
        label={label}
        checked={value !== undefined}
        onChange={({ currentTarget }) =>
          onChange(currentTarget.checked ? { ...others, [field]: '' } : others)
        }
      />
      {value !== undefined && (
        <TextInput
          aria-label={inputLabel}
          maxLength={maxLength}
          value={value}
          error={error}
          onChange={({ currentTarget }) => onChange({ ...others, [field]: currentTarget.value })}
        />
      )}
    </Stack>
  );
}
