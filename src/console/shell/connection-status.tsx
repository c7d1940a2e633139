// Whether the page receives live updates.

import { Badge, type MantineColor } from '@mantine/core';
import { useConnectionState } from '../api/api.tsx';
import type { ConnectionState } from '../api/live/live-connection.ts';

const BADGES: Record<ConnectionState, { color: MantineColor; label: string; title: string }> = {
  connecting: { color: 'gray', label: 'Connecting', title: 'Connecting to the server.' },
  connected: { color: 'teal', label: 'Live', title: 'Everything on this page is up to date.' },
  reconnecting: {
    color: 'orange',
    label: 'Reconnecting',
    title:
      'The connection to the server was lost. The page reconnects automatically and then shows the current state.',
  },
};

export function ConnectionStatus() {
  const { color, label, title } = BADGES[useConnectionState()];
  return (
    <output aria-label="Connection" title={title}>
      <Badge variant="dot" color={color} size="lg" radius="sm" tt="none" fw={500} style={{ flexShrink: 0 }}>
        {label}
      </Badge>
    </output>
  );
}
