// Light, dark, or as the system has it.

import { SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { MoonIcon, SunIcon, SystemIcon } from '../components/icons.tsx';

const SCHEMES = [
  { value: 'light', label: named(<SunIcon size={16} />, 'Light') },
  { value: 'auto', label: named(<SystemIcon size={16} />, 'As the system') },
  { value: 'dark', label: named(<MoonIcon size={16} />, 'Dark') },
] as const;

export function ColorSchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      size="xs"
      aria-label="Colours"
      data={[...SCHEMES]}
      value={colorScheme}
      onChange={(value) => setColorScheme(value as typeof colorScheme)}
    />
  );
}

function named(icon: ReactNode, name: string): ReactNode {
  return (
    <span style={{ display: 'flex' }} title={name}>
      {icon}
      <VisuallyHidden>{name}</VisuallyHidden>
    </span>
  );
}
