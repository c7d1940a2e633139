// The server process: from its settings to its end.

import { createApp } from './app.ts';
import { readSettings } from './config.ts';
import { SettingsError } from './errors.ts';

const CLOSE_WITHIN_MS = 10_000;

try {
  const starting = createApp(readSettings(process.env));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end(starting));
  const { url } = await starting;
  console.log(`Loadstone answers at ${url} (GraphQL at ${url}/graphql)`);
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}

/** Closes the application in order, also one that still starts. A second signal, or the deadline, cuts that short. */
async function end(starting: ReturnType<typeof createApp>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  setTimeout(() => {
    console.error(`Not closed within ${CLOSE_WITHIN_MS / 1000} s; ending anyway.`);
    process.exit(1);
  }, CLOSE_WITHIN_MS);
  try {
    const app = await starting;
    await app.close();
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}
