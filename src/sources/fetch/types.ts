// What the watcher asks of the fetchers, and what they answer.

import type { Readable } from 'node:stream';

/** What tells one content of a source from the next. */
export interface Validators {
  etag?: string;
  lastModified?: string;
  /** Of the content, in hex. */
  sha256?: string;
}

export interface FetchTarget {
  kind: 'HTTP' | 'SENSE_READ';
  url: string;
  /** Credentials: never in a message, a log or the cause of an error. */
  headers: Record<string, string>;
  /** Of the content that was imported last; undefined when there is none. */
  validators: Validators | undefined;
  /** The content is wanted whatever the source says of it: the last fetch, or the import of what it brought, failed. */
  mustFetch: boolean;
}

export interface FetchLimits {
  allowPrivate: boolean;
  /** Of the content as it is handed over. */
  maxBytes: number;
  /** Until the connection stands, until the first byte, and of any pause after it. */
  silenceMs: number;
  /** Of a whole fetch with its redirects. */
  totalMs: number;
  minBytesPerSecond: number;
  /** For content that must be read before it is known whether it changed. */
  tempDir: string;
}

export type Fetched =
  /** `validators` when the source has newer ones for the same content. */
  { changed: false; validators?: Validators } | ChangedContent;

export interface ChangedContent {
  changed: true;
  /** Errors with a LoadstoneError; to be read to its end or destroyed. */
  stream: Readable;
  /** An upper bound, if there is one. */
  sizeHint: number | undefined;
  fileName: string;
  /** The encoding of the text, as the server names it; undefined where that says nothing new. */
  charset: string | undefined;
  /** Of the content; to be called when all of the stream was read. */
  validators: () => Validators;
}
