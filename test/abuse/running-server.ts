// A server that runs already.

import { UsageError } from '../../src/cli/run-command.ts';
import { MetricsPage } from './metrics-page.ts';
import { holdingsByMetrics, type Target } from './target.ts';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const MB = 1024 * 1024;

/** @throws UsageError unless it is on this machine; CommandError if its metrics cannot be read */
export async function useRunningServer(
  address: string,
  token: string | undefined,
  attackerToken: string | undefined,
): Promise<Target> {
  const url = originOf(address);
  await MetricsPage.read(url, token);
  return {
    url,
    token,
    attackerToken,
    memory: async () => (await MetricsPage.read(url, token)).sum('process_resident_memory_bytes') / MB,
    holdings: () => holdingsByMetrics(url, token),
    loggedErrors: async () => undefined,
  };
}

/** @throws UsageError unless it is on this machine */
export function originOf(address: string): string {
  if (!URL.canParse(address))
    throw new UsageError(`--url must be an address such as http://127.0.0.1:4000, not "${address}".`);
  const { protocol, hostname, origin } = new URL(address);
  if (protocol !== 'http:' || !LOOPBACK.test(hostname))
    throw new UsageError(
      `--url must be http:// and on this machine, such as http://127.0.0.1:4000, not "${address}". Run this command where the server runs.`,
    );
  return origin;
}
