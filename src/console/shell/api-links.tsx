// Links to GraphiQL and to the API documentation, which is one of its panels.

import { Stack } from '@mantine/core';
import { GRAPHQL_PATH } from '../api/client.ts';
import { CodeIcon, DocsIcon } from '../components/display/icons.tsx';
import classes from './shell.module.css';

/** The local storage key under which GraphiQL, which has the same origin, remembers its open panel. */
const PANEL_KEY = 'graphiql:visiblePlugin';

export const API_LINKS = [
  { label: 'GraphiQL', href: GRAPHQL_PATH, Icon: CodeIcon, onClick: () => openPanel('') },
  {
    label: 'API docs',
    href: GRAPHQL_PATH,
    Icon: DocsIcon,
    onClick: () => openPanel('Documentation Explorer'),
  },
];

export function ApiLinks() {
  return (
    <Stack gap={4}>
      {API_LINKS.map(({ label, href, Icon, onClick }) => (
        <a key={label} href={href} className={classes['link']} onClick={onClick}>
          <Icon /> {label}
        </a>
      ))}
    </Stack>
  );
}

function openPanel(name: string): void {
  try {
    localStorage.setItem(PANEL_KEY, name);
  } catch {
    // Without local storage, GraphiQL opens with its default panel.
  }
}
