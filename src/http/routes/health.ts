// Liveness and readiness probes.

import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImportStore } from '../../db/imports/import-store.ts';

const DATABASE_TIMEOUT_MS = 2000;

export function answerHealth(response: ServerResponse): void {
  answer(response, 200, 'alive');
}

/** Responds with 200 if the database answers, else 503. */
export async function answerReadiness(
  response: ServerResponse,
  imports: Pick<ImportStore, 'list'>,
): Promise<void> {
  const query = imports.list({ first: 1 }).then(
    () => true,
    () => false,
  );
  const timer = new AbortController();
  const timeout = delay(DATABASE_TIMEOUT_MS, false, { signal: timer.signal }).catch(() => false);
  const ready = await Promise.race([query, timeout]);
  timer.abort();
  if (ready) answer(response, 200, 'ready');
  else answer(response, 503, 'the database does not answer');
}

function answer(response: ServerResponse, status: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(`${text}\n`);
}
