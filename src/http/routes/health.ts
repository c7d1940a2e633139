// Liveness and readiness probes, and the metrics.

import type { ServerResponse } from 'node:http';
import type { Health } from '../../telemetry/health.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** @param good the word for a server that passes all checks */
export async function answerHealth(
  response: ServerResponse,
  health: Health,
  good: 'alive' | 'ready',
): Promise<void> {
  const { isHealthy, checks } = await health.report();
  const body = { status: isHealthy ? good : `not ${good}`, checks };
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(isHealthy ? 200 : 503, headers).end(`${JSON.stringify(body)}\n`);
}

export async function answerMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  const text = await metrics.text();
  response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text);
}
