// Validators of HTTP: entity tags and dates, and how far they can be relied on.

import type { HttpResponse } from './http/http-response.ts';
import type { Validators } from './types.ts';

/** Dates have whole seconds, and clocks differ: a file that is older than this has not changed again within its second. */
const STRONG_AFTER_MS = 60_000;

/** Values that can be stored and sent back byte for byte. */
const SENDABLE = /^[\x20-\x7e\x80-\xff]{1,1000}$/;

/** The validators of a response, for the next request. */
export function validatorsOf(response: HttpResponse): Validators {
  const etag = sendable(response.header('etag'));
  if (etag !== undefined) return { etag };
  const lastModified = strongDate(response);
  return lastModified === undefined ? {} : { lastModified };
}

export function conditions({ etag, lastModified }: Validators): Record<string, string> {
  if (etag !== undefined) return { 'if-none-match': etag };
  return lastModified === undefined ? {} : { 'if-modified-since': lastModified };
}

/** Whether the content is the same by its validators; false if there are none. */
export function isSame(before: Validators, now: Validators): boolean {
  if (before.etag !== undefined && now.etag !== undefined) return opaque(before.etag) === opaque(now.etag);
  return before.lastModified !== undefined && before.lastModified === now.lastModified;
}

/** The value for If-Range that guarantees a part of the same bytes; undefined if there is none. */
export function rangeValidator(response: HttpResponse): string | undefined {
  const etag = sendable(response.header('etag'));
  if (etag !== undefined) return isWeak(etag) ? undefined : etag;
  return strongDate(response);
}

function strongDate(response: HttpResponse): string | undefined {
  const lastModified = sendable(response.header('last-modified'));
  const sent = Date.parse(response.header('date') ?? '');
  return lastModified !== undefined && sent - Date.parse(lastModified) >= STRONG_AFTER_MS
    ? lastModified
    : undefined;
}

function sendable(value: string | undefined): string | undefined {
  return value !== undefined && SENDABLE.test(value) ? value : undefined;
}

/** Tags that differ only in strength, or in the suffix that servers add for compression, mean the same content. */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '').replace(/(-|--|;)(gzip|br|zstd|deflate)"$/, '"');
}

function isWeak(etag: string): boolean {
  return etag.startsWith('W/');
}
