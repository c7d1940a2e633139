// The frame of every page: navigation, connection status and colour scheme.

import { AppShell, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Account } from './account.tsx';
import { Announcer } from './announcer.tsx';
import { ApiLinks } from './api-links.tsx';
import { ColorSchemeSwitch } from './color-scheme-switch.tsx';
import { ConnectionStatus } from './connection-status.tsx';
import { MoreMenu } from './more-menu.tsx';
import { Navigation } from './navigation.tsx';
import { SessionGate } from './session-gate.tsx';
import classes from './shell.module.css';
import { useBeforeUnloadWarning } from './use-before-unload-warning.ts';
import { useImportNotifications } from './use-import-notifications.ts';

export function Shell({ children }: { children: ReactNode }) {
  useBeforeUnloadWarning();
  useImportNotifications();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: true } }}
      footer={{ height: { base: 60, sm: 0 } }}
      padding={{ base: 'md', sm: 'xl' }}
      offsetScrollbars={false}
    >
      <a href="#main" className={classes['skip']}>
        Skip to content
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Link href="/" className={classes['brand']}>
            <img src="/favicon.svg" alt="" width={24} height={24} />
            Loadstone
          </Link>
          <Group gap="sm" wrap="nowrap">
            <ConnectionStatus />
            <Account />
            <ColorSchemeSwitch />
            <MoreMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="md" visibleFrom="sm" aria-label="Pages">
        <Stack gap={4} style={{ flex: 1 }}>
          <Navigation as="link" />
        </Stack>
        <ApiLinks />
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <Stack maw="76rem" mx="auto">
          <SessionGate>{children}</SessionGate>
        </Stack>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm" component="nav" aria-label="Pages">
        <div className={classes['tabs']}>
          <Navigation as="tab" />
        </div>
      </AppShell.Footer>
      <Announcer />
    </AppShell>
  );
}
