// What tells one content from the next over HTTP: entity tags, dates, and how far they can be relied on.

import type { Answer } from './ask.ts';
import type { Validators } from './types.ts';

/**
 * A date has whole seconds, and clocks differ: a file that is older than this when it is sent cannot have changed
 * again within its second.
 */
const STRONG_AFTER_MS = 60_000;

/** What can be kept, and sent back byte for byte, whatever characters the bytes stand for. */
const SENDABLE = /^[\x20-\x7e\x80-\xff]{1,1000}$/;

/** What is worth keeping of an answer, to ask with the next time. */
export function validatorsOf(answer: Answer): Validators {
  const etag = sendable(answer.header('etag'));
  if (etag !== undefined) return { etag };
  const lastModified = strongDate(answer);
  return lastModified === undefined ? {} : { lastModified };
}

export function conditions({ etag, lastModified }: Validators): Record<string, string> {
  if (etag !== undefined) return { 'if-none-match': etag };
  return lastModified === undefined ? {} : { 'if-modified-since': lastModified };
}

/** Whether the content is the same by what the server says of it; false if it says nothing. */
export function isSame(before: Validators, now: Validators): boolean {
  if (before.etag !== undefined && now.etag !== undefined) return opaque(before.etag) === opaque(now.etag);
  return before.lastModified !== undefined && before.lastModified === now.lastModified;
}

/** What a part of a content can be asked for with, so that it is of the same content byte for byte; or undefined. */
export function rangeValidator(answer: Answer): string | undefined {
  const etag = sendable(answer.header('etag'));
  if (etag !== undefined) return isWeak(etag) ? undefined : etag;
  return strongDate(answer);
}

function strongDate(answer: Answer): string | undefined {
  const lastModified = sendable(answer.header('last-modified'));
  const sent = Date.parse(answer.header('date') ?? '');
  return lastModified !== undefined && sent - Date.parse(lastModified) >= STRONG_AFTER_MS
    ? lastModified
    : undefined;
}

function sendable(value: string | undefined): string | undefined {
  return value !== undefined && SENDABLE.test(value) ? value : undefined;
}

/**
 * What a tag says of the content: tags that differ in their strength alone, or in what servers add to them for a
 * packed form, mean the same content, if not the same bytes.
 */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '').replace(/(-|--|;)(gzip|br|zstd|deflate)"$/, '"');
}

function isWeak(etag: string): boolean {
  return etag.startsWith('W/');
}
