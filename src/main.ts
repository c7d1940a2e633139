// The server process: starts the application, and shuts it down gracefully on a signal or an uncaught error.

// First: the server may be started without the npm scripts that preload it.
import './guard.js';
import { flushCompileCache } from 'node:module';
import { returnFreedMemory } from './memory/allocator.ts';
import { limitHeapGrowth } from './memory/heap-growth.ts';
import { speedUpModuleLoading } from './module-loading.ts';

returnFreedMemory(process.env);
limitHeapGrowth();
speedUpModuleLoading();
const { default: closeWithGrace } = await import('close-with-grace');
const { createApp } = await import('./app.ts');
const { readSettings } = await import('./config.ts');
const { hideParameters } = await import('./db/postgres/hide-parameters.ts');
const { SettingsError } = await import('./errors.ts');

const SHUTDOWN_TIMEOUT_MS = 10_000;
/** Signals that keep their default action: `nohup` must keep working, and after a fault of the process no JavaScript may run. */
const UNHANDLED = [
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
] as const;

// Whoever reads the output may leave, as `head` does. The server goes on.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

try {
  const starting = createApp(readSettings(process.env));
  closeWithGrace(
    {
      delay: SHUTDOWN_TIMEOUT_MS,
      skip: [...UNHANDLED],
      onSecondSignal: () => {},
      onTimeout: () =>
        console.error(`Shutdown did not finish within ${SHUTDOWN_TIMEOUT_MS / 1000} s; exiting anyway.`),
    },
    async ({ err }) => {
      if (err) console.error(hideParameters(err));
      // Also when it is still starting.
      const app = await starting;
      await app.close();
      console.log('Loadstone has stopped.');
    },
  );
  const { url, isOpen } = await starting;
  flushCompileCache();
  console.log(`Loadstone answers at ${url} (GraphQL at ${url}/graphql)`);
  console.log(
    isOpen
      ? 'Access is open: whoever reaches this address may do everything. See docs/access.md.'
      : 'Access needs a token. `npm run token -- create --role reader --name NAME` makes one.',
  );
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : hideParameters(error));
  process.exit(1);
}
