// Answers to whoever supervises the process: whether it lives, and whether it can do its work.

import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImportStore } from '../../db/imports/import-store.ts';

const DATABASE_ANSWERS_WITHIN_MS = 2000;

export function answerHealth(response: ServerResponse): void {
  answer(response, 200, 'alive');
}

/** 200 when the database answers, else 503. */
export async function answerReadiness(
  response: ServerResponse,
  imports: Pick<ImportStore, 'list'>,
): Promise<void> {
  const asked = imports.list({ first: 1 }).then(
    () => true,
    () => false,
  );
  const timer = new AbortController();
  const late = delay(DATABASE_ANSWERS_WITHIN_MS, false, { signal: timer.signal }).catch(() => false);
  const ready = await Promise.race([asked, late]);
  timer.abort();
  if (ready) answer(response, 200, 'ready');
  else answer(response, 503, 'the database does not answer');
}

function answer(response: ServerResponse, status: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(`${text}\n`);
}
