// The web console: a user interface to the GraphQL API.

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './styles/global.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProvider, createApi } from './api/api.tsx';
import { GuardedRouter } from './leaving/guarded-router.tsx';
import { LeaveGuard } from './leaving/leave-guard.ts';
import { Routes } from './pages/routes.tsx';
import { Shell } from './shell/shell.tsx';
import { accessibleTextColors, theme } from './shell/theme.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root"');
/** The content security policy allows only style elements with this nonce. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
const guard = new LeaveGuard();

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={accessibleTextColors}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <ApiProvider api={createApi()}>
        <GuardedRouter guard={guard}>
          <Shell>
            <Routes />
          </Shell>
        </GuardedRouter>
        <Notifications position="bottom-right" />
      </ApiProvider>
    </MantineProvider>
  </StrictMode>,
);
