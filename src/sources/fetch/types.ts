// What the watch asks of the fetcher, and what it returns.

import type { Readable } from 'node:stream';
import type { TemporaryStorage } from './temporary-content.ts';

/** What tells versions of a source's content apart. */
export interface Validators {
  etag?: string;
  lastModified?: string;
  /** Of the content, in hexadecimal. */
  sha256?: string;
}

export interface FetchTarget {
  kind: 'HTTP' | 'SENSE_READ';
  url: string;
  /** Credentials: never in a message, a log or the cause of an error. */
  headers: Record<string, string>;
  /** Of the content that was imported last; undefined if there is none. */
  validators: Validators | undefined;
  /** The content is to be fetched even if the source says that it is unchanged: the last fetch or import failed. */
  mustFetch: boolean;
}

export interface FetchLimits {
  allowPrivate: boolean;
  /** Of the uncompressed content. */
  maxBytes: number;
  /** Time limit for connecting, for the first byte, and for each pause after it. */
  silenceMs: number;
  /** Time limit of a whole fetch, with its redirects. */
  totalMs: number;
  minBytesPerSecond: number;
  /** For content that must be read completely before it is known whether it changed. */
  storage: TemporaryStorage;
}

export type Fetched =
  /** `validators` if the source has newer ones for the same content. */
  { changed: false; validators?: Validators } | ChangedContent;

export interface ChangedContent {
  changed: true;
  /** Fails with a LoadstoneError. Read it to its end or destroy it. */
  stream: Readable;
  /** An upper bound, if one is known. */
  sizeHint: number | undefined;
  fileName: string;
  /** The charset that the server names; undefined if it names none, or UTF-8. */
  charset: string | undefined;
  /** Call this after the stream was read to its end. */
  validators: () => Validators;
}
