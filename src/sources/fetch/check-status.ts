// What the status of an answer means where a file was expected.

import type { Answer } from './ask.ts';
import { SourceError, shown } from './source-error.ts';

const MAX_RETRY_AFTER_MS = 86_400_000;

const AGAIN = 'It is asked again at the next check';

const ADVICE: Record<number, string> = {
  401: 'It wants credentials, or other ones. Check the headers of the source; they are not sent along when it redirects to another host',
  403: 'It refuses access. Check the headers of the source, which are not sent along when it redirects to another host, and the rights on that server',
  404: 'There is nothing at this address. Check it',
  407: 'A proxy wants credentials. Give the address of the server itself',
  410: 'What was there is gone for good. Give the new address, or remove the source',
  429: `It is asked too often. ${AGAIN}; choose a longer interval`,
  503: `It cannot answer for the moment. ${AGAIN}`,
};

/**
 * @param expected the statuses that are all right
 * @throws SourceError SOURCE_STATUS; the answer is then dropped
 */
export async function checkStatus(answer: Answer, expected: number[]): Promise<void> {
  const { status, url } = answer;
  if (expected.includes(status)) return;
  const retryAfterMs = readRetryAfter(answer.header('retry-after'));
  await answer.drop();
  throw new SourceError('SOURCE_STATUS', `${shown(url)} answered ${status}. ${adviceFor(status)}.`, {
    retryAfterMs,
  });
}

function adviceFor(status: number): string {
  const advice = ADVICE[status];
  if (advice) return advice;
  if (status >= 500) return `That server has a fault. ${AGAIN}; if it goes on, see the log of that server`;
  if (status >= 400)
    return 'It does not take the request. Open the address in a browser to see why, and check the headers of the source';
  if (status === 304)
    return 'It was not asked whether something changed, so this is no answer. Correct that server';
  return 'That is no file. Check the address';
}

/** @param text a number of seconds, or a date */
function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
