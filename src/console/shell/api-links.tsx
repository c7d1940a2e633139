// The ways to the API, for who wants to write GraphQL: at the side on wide screens, in a menu on narrow ones.

import { ActionIcon, Menu, Stack } from '@mantine/core';
import { GRAPHQL_PATH } from '../api/client.ts';
import { CodeIcon, DocsIcon } from '../components/icons.tsx';
import classes from './shell.module.css';

/** Where GraphiQL, which has the same origin, keeps which of its side panels is open. */
const PANEL_KEY = 'graphiql:visiblePlugin';

const LINKS = [
  { label: 'GraphiQL', Icon: CodeIcon, onClick: () => openPanel('') },
  { label: 'API docs', Icon: DocsIcon, onClick: () => openPanel('Documentation Explorer') },
];

export function ApiLinks() {
  return (
    <Stack gap={4}>
      {LINKS.map(({ label, Icon, onClick }) => (
        <a key={label} href={GRAPHQL_PATH} className={classes['link']} onClick={onClick}>
          <Icon /> {label}
        </a>
      ))}
    </Stack>
  );
}

export function ApiMenu() {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" hiddenFrom="sm" aria-label="API">
          <CodeIcon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {LINKS.map(({ label, Icon, onClick }) => (
          <Menu.Item
            key={label}
            component="a"
            href={GRAPHQL_PATH}
            leftSection={<Icon size={16} />}
            onClick={onClick}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function openPanel(name: string): void {
  try {
    localStorage.setItem(PANEL_KEY, name);
  } catch {
    // Without storage GraphiQL opens as it likes; the docs are a click further.
  }
}
