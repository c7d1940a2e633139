// A client of a running server: sends files, watches imports, asks questions.

import { setTimeout as pause } from 'node:timers/promises';
import { createClient, NetworkError } from 'graphql-sse';
import { CommandError } from '../run-command.ts';
import { type OutgoingFile, postFile } from './post-file.ts';

export interface ImportState {
  id: string;
  fileName: string;
  status: 'RECEIVING' | 'LOADING' | 'MERGING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
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
  maxRejectedRows?: number;
}

/** The server understood the request and refused it. */
class RequestRejectedError extends CommandError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** No server answered, or it went away. */
class ServerUnreachableError extends CommandError {}

export const IMPORT_FIELDS = `
  id fileName status bytesReceived bytesTotal bytesProcessed percent rowsPerSecond etaSeconds
  rows { read inserted updated unchanged superseded rejected }
  error { code message } waitingFor waitingReason retryableUntil createdAt startedAt finishedAt issuesUrl`;

const IMPORT_PRODUCTS = `mutation ($file: Upload!, $options: ImportOptions) {
  importProducts(file: $file, options: $options) { ${IMPORT_FIELDS} }
}`;
const IMPORT_PROGRESS = `subscription ($id: ID!) { importProgress(id: $id) { ${IMPORT_FIELDS} } }`;
const CANCEL_IMPORT = `mutation ($id: ID!) { cancelImport(id: $id) { ${IMPORT_FIELDS} } }`;

const TERMINAL: readonly ImportState['status'][] = ['COMPLETED', 'FAILED', 'CANCELLED'];

/** How long a broken stream is taken up again before the server counts as gone, and how long between two tries. */
const WATCH_AGAIN_FOR_MS = 60_000;
const WATCH_PAUSE_MS = 500;

export function hasEnded(state: ImportState): boolean {
  return TERMINAL.includes(state.status);
}

export class LoadstoneClient {
  readonly #url: string;

  /** @param url the address of the GraphQL endpoint */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Asks a question or makes a change.
   *
   * @throws RequestRefused, ServerUnreachable
   */
  async query<T>(query: string, variables: Record<string, unknown> = {}, signal?: AbortSignal): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
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
   * Sends a file to be imported; returns when the server has it safely, which is before the import has ended.
   *
   * @throws RequestRefused, ServerUnreachable, an error of the file's stream, the signal's reason
   */
  async upload(file: OutgoingFile, options: ImportOptions, signal?: AbortSignal): Promise<ImportState> {
    const operations = { query: IMPORT_PRODUCTS, variables: { file: null, options } };
    const answer = await postFile(this.#url, operations, 'variables.file', file, signal).catch(
      (error: unknown) => {
        signal?.throwIfAborted();
        if (file.stream.errored) throw file.stream.errored;
        throw unreachable(this.#url, error);
      },
    );
    return this.#data<{ importProducts: ImportState }>(answer.body, answer.status).importProducts;
  }

  /**
   * Gives the states of an import, which need not exist yet, and ends after its last. A stream that breaks is
   * taken up again.
   *
   * @throws RequestRefused, ServerUnreachable, the signal's reason
   */
  async *watch(id: string, signal?: AbortSignal): AsyncGenerator<ImportState> {
    let heardAt = performance.now();
    for (;;) {
      try {
        for await (const state of this.#progress(id, signal)) {
          yield state;
          heardAt = performance.now();
        }
        signal?.throwIfAborted();
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof NetworkError)) throw error;
        if (performance.now() - heardAt > WATCH_AGAIN_FOR_MS) throw unreachable(this.#url, error);
      }
      await pause(WATCH_PAUSE_MS, undefined, signal ? { signal } : {});
    }
  }

  /** @throws RequestRefused (NOT_FOUND, IMPORT_FINISHED), ServerUnreachable */
  async cancel(id: string, signal?: AbortSignal): Promise<ImportState> {
    const data = await this.query<{ cancelImport: ImportState }>(CANCEL_IMPORT, { id }, signal);
    return data.cancelImport;
  }

  /** One stream of states, until it ends or breaks. */
  async *#progress(id: string, signal: AbortSignal | undefined): AsyncGenerator<ImportState> {
    const client = createClient({ url: this.#url, retryAttempts: 0 });
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
      // A server that answers, but with no stream, says why.
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
      const reason = `${this.#url} answered ${status}, but not as a Loadstone server does. Check the address.`;
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
    const hint = 'Start the server with `npm start`, or say with --url where it is.';
    return new ServerUnreachableError(`No server answers at ${url}. ${hint}`);
  }
  const reason = cause ?? (error as Error).message;
  return new ServerUnreachableError(
    `The connection to ${url} broke (${reason}). See the server's log, then try again.`,
  );
}
