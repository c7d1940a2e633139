// The metrics and the probes on a port of their own, which needs no token: for a network that only operators reach.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SettingsError } from '../errors.ts';
import type { Probes } from '../telemetry/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerHealth, answerMetrics } from './routes/health.ts';

export interface MetricsServer {
  /** e.g. http://127.0.0.1:9464 */
  url: string;
  close(): Promise<void>;
}

/** @throws SettingsError if it cannot listen there */
export async function startMetricsServer(
  { host, port }: { host: string; port: number },
  metrics: Metrics,
  { alive, ready }: Probes,
): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    if (path === '/metrics') return answerMetrics(response, metrics);
    if (path === '/healthz') return answerHealth(response, alive, 'alive');
    if (path === '/readyz') return answerHealth(response, ready, 'ready');
    response
      .writeHead(404, { 'content-type': 'text/plain' })
      .end('This port has /metrics, /healthz and /readyz.\n');
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsError(
      `The metrics cannot be served at ${host}, port ${port} (${code}). Set METRICS_HOST and METRICS_PORT to an address and a port that are free, or unset METRICS_PORT.`,
      { cause: error },
    );
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
