// What the status of a response means where a file was expected.

import { displayUrl, SourceError } from '../source-error.ts';
import type { HttpResponse } from './http-response.ts';

const MAX_RETRY_AFTER_MS = 86_400_000;

const AGAIN = 'It is checked again as scheduled';

const ADVICE: Record<number, string> = {
  401: 'It requires credentials, or different ones. Check the headers of the source; they are not sent to another host that it redirects to',
  403: 'It denies access. Check the headers of the source, which are not sent to another host that it redirects to, and the permissions on that server',
  404: 'There is nothing at this address. Check it',
  407: 'A proxy requires credentials. Give the address of the server itself',
  410: 'The file is gone permanently. Give the new address, or remove the source',
  429: `It is requested too often. ${AGAIN}; choose a longer interval`,
  503: `It is unavailable at the moment. ${AGAIN}`,
};

/**
 * @param expected the statuses that are all right
 * @throws SourceError SOURCE_STATUS; the response is discarded then
 */
export async function checkStatus(response: HttpResponse, expected: number[]): Promise<void> {
  const { status, url } = response;
  if (expected.includes(status)) return;
  const retryAfterMs = readRetryAfter(response.header('retry-after'));
  await response.discard();
  throw new SourceError('SOURCE_STATUS', `${displayUrl(url)} answered ${status}. ${adviceFor(status)}.`, {
    retryAfterMs,
  });
}

function adviceFor(status: number): string {
  const advice = ADVICE[status];
  if (advice) return advice;
  if (status >= 500)
    return `That server has a problem. ${AGAIN}; if that keeps happening, see the log of that server`;
  if (status >= 400)
    return 'It rejects the request. Open the address in a browser to see why, and check the headers of the source';
  if (status === 304) return 'It says that nothing changed, though it was not asked. Correct that server';
  return 'That is not a file. Check the address';
}

/** @param text a number of seconds, or a date */
function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
