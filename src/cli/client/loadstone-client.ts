// A client of a running server: sends files, follows imports, runs queries.

import { setTimeout as pause } from 'node:timers/promises';
import { createClient, NetworkError } from 'graphql-sse';
import { CommandError } from '../run-command.ts';
import { CANCEL_IMPORT, COMMIT_IMPORT, IMPORT_PRODUCTS, IMPORT_PROGRESS, UNDO_IMPORT } from './documents.ts';
import { type OutgoingFile, postFile } from './post-file.ts';

export interface ImportState {
  id: string;
  fileName: string;
  status: 'RECEIVING' | 'LOADING' | 'READY' | 'MERGING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  bytesReceived: number;
  bytesTotal: number | null;
  bytesProcessed: number;
  percent: number;
  rowsPerSecond: number | null;
  etaSeconds: number | null;
  rows: Ledger;
  error: { code: string; message: string } | null;
  waitingFor: 'DATABASE' | 'MERGE_TURN' | 'IMPORT_LIMIT' | 'SPOOL' | null;
  waitingReason: string | null;
  retryableUntil: string | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  issuesUrl: string | null;
}

export interface Ledger {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  superseded: number;
  rejected: number;
}

export interface ImportOptions {
  id?: string;
  delimiter?: string;
  encoding?: string;
  quoting?: 'STANDARD' | 'NONE';
  skipInitialSpace?: boolean;
  sheet?: string;
  mapping?: { column: string; field: ProductField }[];
  defaults?: { field: ProductField; value: string }[];
  keepColumns?: boolean;
  onDuplicate?: 'LAST_WINS' | 'FIRST_WINS' | 'REJECT';
  profile?: string;
  preview?: boolean;
  maxRejectedRows?: number;
}

export type ProductField = 'SKU' | 'NAME' | 'DESCRIPTION';

/** The server rejected the request with a GraphQL error. */
class RequestRejectedError extends CommandError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(code === 'UNAUTHENTICATED' ? `${message} ${TOKEN_HINT}` : message);
    this.code = code;
  }
}

const TOKEN_HINT = 'Commands take it from --token or the variable LOADSTONE_TOKEN.';

/** No server responded, or the connection broke. */
class ServerUnreachableError extends CommandError {}

const TERMINAL: readonly ImportState['status'][] = ['COMPLETED', 'FAILED', 'CANCELLED'];

/** A broken stream is reopened for this long. */
const RECONNECT_FOR_MS = 60_000;
const RECONNECT_PAUSE_MS = 500;

export function hasEnded(state: ImportState): boolean {
  return TERMINAL.includes(state.status);
}

export class LoadstoneClient {
  readonly #url: string;
  /** Of each request. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param url of the GraphQL endpoint
   * @param token if the server needs one
   */
  constructor(url: string, token?: string) {
    this.#url = url;
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /**
   * Runs a query or mutation.
   *
   * @throws RequestRefused, ServerUnreachable
   */
  async query<T>(query: string, variables: Record<string, unknown> = {}, signal?: AbortSignal): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method: 'POST',
        headers: { ...this.headers, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query, variables }),
        signal: signal ?? null,
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(this.#url, error);
    }
    return this.#data<T>(await response.text(), response.status);
  }

  /**
   * Uploads a file to be imported. Returns when the server has stored it, before the import has finished.
   *
   * @throws RequestRefused, ServerUnreachable, an error of the file's stream, the signal's reason
   */
  async upload(file: OutgoingFile, options: ImportOptions, signal?: AbortSignal): Promise<ImportState> {
    const operations = { query: IMPORT_PRODUCTS, variables: { file: null, options } };
    const answer = await postFile(this.#url, operations, 'variables.file', file, {
      signal,
      headers: this.headers,
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (file.stream.errored) throw file.stream.errored;
      throw unreachable(this.#url, error);
    });
    return this.#data<{ importProducts: ImportState }>(answer.body, answer.status).importProducts;
  }

  /**
   * Yields the states of an import until it has finished. The import need not exist yet. Reconnects if the stream breaks.
   *
   * @throws RequestRefused, ServerUnreachable, the signal's reason
   */
  async *watch(id: string, signal?: AbortSignal): AsyncGenerator<ImportState> {
    let receivedAt = performance.now();
    for (;;) {
      try {
        for await (const state of this.#progress(id, signal)) {
          yield state;
          receivedAt = performance.now();
        }
        signal?.throwIfAborted();
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof NetworkError)) throw error;
        if (performance.now() - receivedAt > RECONNECT_FOR_MS) throw unreachable(this.#url, error);
      }
      await pause(RECONNECT_PAUSE_MS, undefined, signal ? { signal } : {});
    }
  }

  /** @throws RequestRefused (NOT_FOUND, NOT_READY, PREVIEW_EXPIRED), ServerUnreachable */
  async commit(id: string, signal?: AbortSignal): Promise<ImportState> {
    const data = await this.query<{ commitImport: ImportState }>(COMMIT_IMPORT, { id }, signal);
    return data.commitImport;
  }

  /**
   * @returns the undo
   * @throws RequestRefused (NOT_FOUND, IMPORT_UNFINISHED, BEING_UNDONE, ALREADY_UNDONE, UNDO_EXPIRED), ServerUnreachable
   */
  async undo(id: string, signal?: AbortSignal): Promise<ImportState> {
    const data = await this.query<{ undoImport: ImportState }>(UNDO_IMPORT, { id }, signal);
    return data.undoImport;
  }

  /** @throws RequestRefused (NOT_FOUND, IMPORT_FINISHED), ServerUnreachable */
  async cancel(id: string, signal?: AbortSignal): Promise<ImportState> {
    const data = await this.query<{ cancelImport: ImportState }>(CANCEL_IMPORT, { id }, signal);
    return data.cancelImport;
  }

  /** A single stream of states. */
  async *#progress(id: string, signal: AbortSignal | undefined): AsyncGenerator<ImportState> {
    const client = createClient({ url: this.#url, headers: { ...this.headers }, retryAttempts: 0 });
    const dispose = () => client.dispose();
    signal?.addEventListener('abort', dispose, { once: true });
    try {
      const results = client.iterate<{ importProgress: ImportState }>({
        query: IMPORT_PROGRESS,
        variables: { id },
      });
      for await (const result of results) {
        const [error] = result.errors ?? [];
        if (error)
          throw new RequestRejectedError(String(error.extensions?.['code'] ?? 'UNKNOWN'), error.message);
        if (result.data) yield result.data.importProgress;
      }
    } catch (error) {
      const response = error instanceof NetworkError && (error.response as Response | undefined);
      // A response that is not a stream has the reason.
      if (response && response.status < 500) this.#data(await response.text(), response.status);
      throw error;
    } finally {
      signal?.removeEventListener('abort', dispose);
      client.dispose();
    }
  }

  #data<T>(body: string, status: number): T {
    const answer = parseAnswer<T>(body);
    const [error] = answer?.errors ?? [];
    if (error) throw new RequestRejectedError(error.extensions?.code ?? 'UNKNOWN', error.message);
    if (!answer?.data) {
      const reason = `${this.#url} responded with status ${status}, but not like a Loadstone server. Check the URL.`;
      throw new ServerUnreachableError(reason);
    }
    return answer.data;
  }
}

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

function parseAnswer<T>(body: string): Answer<T> | undefined {
  try {
    return JSON.parse(body) as Answer<T>;
  } catch {
    return undefined;
  }
}

function unreachable(url: string, error: unknown): ServerUnreachableError {
  const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as { code?: string }).code;
  if (cause === 'ECONNREFUSED' || cause === 'ENOTFOUND') {
    const hint = 'Start the server with `npm start`, or set its URL with --url.';
    return new ServerUnreachableError(`No server is listening at ${url}. ${hint}`);
  }
  const reason = cause ?? (error as Error).message;
  return new ServerUnreachableError(
    `The connection to ${url} broke (${reason}). See the server's log, and try again.`,
  );
}
