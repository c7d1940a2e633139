// Switches between light, dark and system colours.

import { SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { MoonIcon, SunIcon, SystemIcon } from '../components/display/icons.tsx';

export const COLOR_SCHEMES = [
  { value: 'light', name: 'Light', Icon: SunIcon },
  { value: 'auto', name: 'System', Icon: SystemIcon },
  { value: 'dark', name: 'Dark', Icon: MoonIcon },
] as const;

export function ColorSchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      size="xs"
      visibleFrom="sm"
      aria-label="Colours"
      value={colorScheme}
      onChange={setColorScheme}
      data={COLOR_SCHEMES.map(({ value, name, Icon }) => ({
        value,
        label: (
          <span style={{ display: 'flex' }} title={name}>
            <Icon size={16} />
            <VisuallyHidden>{name}</VisuallyHidden>
          </span>
        ),
      }))}
    />
  );
}
