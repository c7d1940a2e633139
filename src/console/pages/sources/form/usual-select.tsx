// A choice that a profile can make in place of the form.

import { NativeSelect } from '@mantine/core';

interface UsualSelectProps<Value extends string> {
  label: string;
  /** What applies where neither the form nor a profile says anything. */
  usual: Value;
  choices: readonly { value: Value; label: string }[];
  hasProfile: boolean;
  /** Empty if the form says nothing. */
  value: Value | '';
  onChange(value: Value | ''): void;
}

export function UsualSelect<Value extends string>({
  label,
  usual,
  choices,
  hasProfile,
  value,
  onChange,
}: UsualSelectProps<Value>) {
  const unset = hasProfile ? [{ value: '' as const, label: 'As the profile says' }] : [];
  // Without a profile, nothing and the usual mean the same, and so are one choice.
  const shown = choices.map((choice) =>
    !hasProfile && choice.value === usual ? { ...choice, value: '' as const } : choice,
  );
  return (
    <NativeSelect
      label={label}
      maw="24rem"
      data={[...unset, ...shown]}
      value={!hasProfile && value === usual ? '' : value}
      onChange={({ currentTarget }) => onChange(currentTarget.value as Value | '')}
    />
  );
}
