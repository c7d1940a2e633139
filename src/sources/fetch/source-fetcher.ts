// Fetches the content of a source if it has changed.

import { createHash, type Hash } from 'node:crypto';
import { lookup } from 'node:dns';
import { Content } from './content/content.ts';
import { ACCEPTED_CODINGS } from './content/content-coding.ts';
import { Download } from './download/download.ts';
import { toStream } from './download/to-stream.ts';
import { TransferLimits } from './download/transfer-limits.ts';
import { checkStatus } from './http/check-status.ts';
import { HttpAgent, type Network } from './http/http-agent.ts';
import { HttpClient } from './http/http-client.ts';
import { isPublicAddress } from './http/public-address.ts';
import { displayUrl, SourceError } from './source-error.ts';
import { TemporaryContent } from './temporary-content.ts';
import type { Fetched, FetchLimits, FetchTarget, Validators } from './types.ts';
import { conditions, isSame, validatorsOf } from './validators.ts';

export interface FetchOptions {
  signal: AbortSignal;
  /** Called when content begins to arrive. */
  onContent?: () => void;
  /** Called before a source is read that forgets its change thereby: from then on its content is to be fetched anyway. */
  beforeRead?: () => Promise<void>;
  /** Called before content is kept on disk, to be compared. What it throws ends the fetch. */
  beforeKeep?: () => Promise<void>;
}

/** Statuses of a response with the whole file. */
const WHOLE = [200, 203];
/** The longest answer of /sense. */
const SENSE_BYTES = 64;

export class SourceFetcher {
  readonly #limits: FetchLimits;
  readonly #agent: HttpAgent;
  readonly #http: HttpClient;

  /** @param network replaces the resolver, or the check of addresses */
  constructor(limits: FetchLimits, network: Partial<Network> = {}) {
    this.#limits = limits;
    const isAllowed = limits.allowPrivate ? () => true : isPublicAddress;
    this.#agent = new HttpAgent({ lookup, isAllowed, ...network }, limits.silenceMs);
    this.#http = new HttpClient(this.#agent, limits.silenceMs);
  }

  /**
   * @throws LoadstoneError of a code SOURCE_…, FILE_TOO_LARGE, SPOOL_FULL, SPOOL_UNAVAILABLE; the signal's reason
   */
  async fetchIfChanged(target: FetchTarget, options: FetchOptions): Promise<Fetched> {
    const { kind, mustFetch, validators } = target;
    if (kind === 'HTTP')
      return this.#fetch(new URL(target.url), target, mustFetch ? undefined : validators, options);
    const isNeeded = mustFetch || !validators || (await this.#sense(target, options.signal));
    if (!isNeeded) return { changed: false };
    if (!mustFetch) await options.beforeRead?.();
    // What /read answers is new by definition: there is nothing to compare.
    return this.#fetch(below(target.url, 'read'), target, undefined, options);
  }

  /** Closes all connections. Fetches under way fail with SHUTTING_DOWN. */
  async close(): Promise<void> {
    await this.#agent.close();
  }

  /** Asks a server that detects changes itself whether something is new. */
  async #sense(target: FetchTarget, signal: AbortSignal): Promise<boolean> {
    const url = below(target.url, 'sense');
    const response = await this.#http.get({ url, credentials: target.headers, signal });
    await checkStatus(response, [200]);
    const text = (await response.text(SENSE_BYTES))?.trim();
    if (text === '0' || text === '1') return text === '1';
    throw new SourceError(
      'SOURCE_NOT_DATA',
      `${displayUrl(url)} must answer 1 (something is new) or 0, but answers something else. Correct that server, or give the address below which /sense and /read are.`,
    );
  }

  /** @param before validators of the content that need not be fetched again */
  async #fetch(
    url: URL,
    target: FetchTarget,
    before: Validators | undefined,
    { signal: outer, onContent, beforeKeep }: FetchOptions,
  ): Promise<Fetched> {
    const { controller, release } = abortWith(outer);
    const { signal } = controller;
    const { silenceMs, maxBytes } = this.#limits;
    const limits = new TransferLimits(url, this.#limits);
    const get = async (headers: Record<string, string>, expected: number[]) => {
      // The first time, and after a failure, no compression is accepted: few servers send parts of what they compress on
      // the fly, and a part is what is needed if the connection breaks.
      const codings = target.mustFetch ? 'identity' : ACCEPTED_CODINGS;
      const sent = { 'accept-encoding': codings, ...headers };
      const response = await this.#http.get({ url, credentials: target.headers, headers: sent, signal });
      await checkStatus(response, expected);
      return response;
    };
    let close = release;
    try {
      const ifChanged = before ? conditions(before) : {};
      const response = await get(ifChanged, Object.keys(ifChanged).length > 0 ? [...WHOLE, 304] : WHOLE);
      const now = validatorsOf(response);
      const isSameContent = before !== undefined && isSame(before, now);
      if (response.status === 304 || isSameContent) {
        await response.discard();
        release();
        return isSameContent && before.etag !== now.etag
          ? { changed: false, validators: now }
          : { changed: false };
      }
      onContent?.();
      const request = (headers: Record<string, string>) => get(headers, [...WHOLE, 206]);
      const download = new Download(response, { request, limits, silenceMs, signal });
      close = () => {
        release();
        controller.abort();
        download.abort();
      };
      const content = new Content(response, download, maxBytes, close);
      close = () => content.close();
      return await this.#deliver(content, before, now, beforeKeep);
    } catch (error) {
      close();
      throw error;
    }
  }

  async #deliver(
    content: Content,
    before: Validators | undefined,
    now: Validators,
    beforeKeep: FetchOptions['beforeKeep'],
  ): Promise<Fetched> {
    await content.rejectNonCsv();
    const { sizeHint, fileName, charset } = content;
    if (before?.sha256 !== undefined) {
      await beforeKeep?.();
      const kept = await TemporaryContent.of(content.chunks(), this.#limits.storage, sizeHint ?? 0);
      content.close();
      const validators = withHash(now, kept.sha256);
      if (kept.sha256 === before.sha256) {
        await kept.close();
        return { changed: false, validators };
      }
      const stream = toStream(kept.chunks(), () => void kept.close());
      const about = { sizeHint: kept.bytes, fileName, charset };
      return { changed: true, stream, ...about, validators: () => validators };
    }
    const hash = Object.keys(now).length === 0 ? createHash('sha256') : undefined;
    const chunks = hash ? hashed(content.chunks(), hash) : content.chunks();
    return {
      changed: true,
      stream: toStream(chunks, () => content.close()),
      sizeHint,
      fileName,
      charset,
      validators: () => (hash ? { sha256: hash.copy().digest('hex') } : now),
    };
  }
}

/** A controller that aborts with a signal, and may abort before. */
function abortWith(outer: AbortSignal): { controller: AbortController; release: () => void } {
  outer.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(outer.reason);
  outer.addEventListener('abort', onAbort, { once: true });
  return { controller, release: () => outer.removeEventListener('abort', onAbort) };
}

/** The hash is needed if the server gives no validators. */
function withHash(now: Validators, sha256: string): Validators {
  return Object.keys(now).length === 0 ? { sha256 } : now;
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** An address below that of the source, which keeps its query. */
function below(base: string, name: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${name}`;
  return url;
}
