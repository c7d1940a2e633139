// The frame of a page: its heading, the window title, and focus and scroll position after navigation.

import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';

interface PageProps {
  title: string;
  /** The title in the browser's tab and history, if the heading alone is not specific enough. */
  windowTitle?: string;
  description?: ReactNode;
  /** Shown beside the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The path that was opened first. Until the user navigates, the focus stays where the browser put it. */
const initialPath = location.pathname;
let hasNavigated = false;
/** After going back, the browser restores the scroll position. */
let wentBack = false;
window.addEventListener('popstate', () => {
  wentBack = true;
});

export function Page({ title, windowTitle = title, description, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Lets screen readers announce the new page.
    hasNavigated ||= location.pathname !== initialPath;
    if (hasNavigated) heading.current?.focus({ preventScroll: true });
    if (hasNavigated && !wentBack && !location.hash) window.scrollTo(0, 0);
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
