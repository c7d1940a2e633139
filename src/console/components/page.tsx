// What all pages have in common: their heading, their title in the browser, and the focus when one gets there.

import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';

interface PageProps {
  title: string;
  /** For the browser's tab and history, where the heading alone does not tell. */
  windowTitle?: string;
  description?: ReactNode;
  /** Shown beside the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

/** Where the browser came in. There the focus stays where the browser has it, as long as nobody moved. */
const entrance = location.pathname;
let hasMoved = false;
/** Who goes back finds the page where they left it. */
let wentBack = false;
window.addEventListener('popstate', () => {
  wentBack = true;
});

export function Page({ title, windowTitle = title, description, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // For those who hear the page: a new one begins.
    hasMoved ||= location.pathname !== entrance;
    if (hasMoved) heading.current?.focus({ preventScroll: true });
    if (hasMoved && !wentBack && !location.hash) window.scrollTo(0, 0);
    wentBack = false;
  }, []);
  useEffect(() => {
    document.title = `${windowTitle} · Loadstone`;
  }, [windowTitle]);

  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} miw={0} flex="1 1 20rem">
          <Title order={1} ref={heading} tabIndex={-1} style={{ outline: 'none', overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          {description && (
            <Text c="dimmed" size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
              {description}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
