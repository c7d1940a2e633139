// The ways to the API, for who wants to write GraphQL. Both are GraphiQL: the docs are one of its panels.

import { Stack } from '@mantine/core';
import { GRAPHQL_PATH } from '../api/client.ts';
import { CodeIcon, DocsIcon } from '../components/display/icons.tsx';
import classes from './shell.module.css';

/** Where GraphiQL, which has the same origin, keeps which of its side panels is open. */
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
    // Without storage GraphiQL opens as it likes; the docs are a click further.
  }
}
