// On narrow screens, a menu with what does not fit into the header.

import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { CheckIcon, MoreIcon } from '../components/display/icons.tsx';
import { AccountItems } from './account.tsx';
import { API_LINKS } from './api-links.tsx';
import { COLOR_SCHEMES } from './color-scheme-switch.tsx';

export function MoreMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" hiddenFrom="sm" aria-label="More">
          <MoreIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {API_LINKS.map(({ label, href, Icon, onClick }) => (
          <Menu.Item key={label} component="a" href={href} leftSection={<Icon size={16} />} onClick={onClick}>
            {label}
          </Menu.Item>
        ))}
        <AccountItems />
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        {COLOR_SCHEMES.map(({ value, name, Icon }) => (
          <Menu.Item
            key={value}
            role="menuitemradio"
            aria-checked={value === colorScheme}
            leftSection={<Icon size={16} />}
            rightSection={value === colorScheme && <CheckIcon size={16} />}
            onClick={() => setColorScheme(value)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
