// Fetches what a source has, if it changed.

import { createHash, type Hash } from 'node:crypto';
import { lookup } from 'node:dns';
import { Asker } from './ask.ts';
import { checkStatus } from './check-status.ts';
import { Connections, type Network } from './connections.ts';
import { Content } from './content.ts';
import { ACCEPTED_CODINGS } from './content-coding.ts';
import { Download } from './download.ts';
import { KeptContent } from './kept-content.ts';
import { Pace } from './pace.ts';
import { isPublicAddress } from './public-address.ts';
import { SourceError, shown } from './source-error.ts';
import { toStream } from './to-stream.ts';
import type { Fetched, FetchLimits, FetchTarget, Validators } from './types.ts';
import { conditions, isSame, validatorsOf } from './validators.ts';

export interface FetchOptions {
  signal: AbortSignal;
  /** Called when content begins to arrive. */
  onContent?: () => void;
  /** Called before a source is read that forgets its change thereby: from then on its content is to be fetched anyway. */
  beforeRead?: () => Promise<void>;
}

/** Statuses of an answer with the whole file. */
const WHOLE = [200, 203];
/** Of what /sense answers. */
const SENSE_BYTES = 64;

export class SourceFetcher {
  readonly #limits: FetchLimits;
  readonly #connections: Connections;
  readonly #asker: Asker;

  /** @param network how names are resolved and addresses judged, where that is not the usual way */
  constructor(limits: FetchLimits, network: Partial<Network> = {}) {
    this.#limits = limits;
    const isAllowed = limits.allowPrivate ? () => true : isPublicAddress;
    this.#connections = new Connections({ lookup, isAllowed, ...network }, limits.silenceMs);
    this.#asker = new Asker(this.#connections, limits.silenceMs);
  }

  /**
   * @throws LoadstoneError of a code SOURCE_…, FILE_TOO_LARGE, SPOOL_UNAVAILABLE; the signal's reason
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

  /** Closes all connections; what is being fetched fails, SHUTTING_DOWN. */
  async close(): Promise<void> {
    await this.#connections.close();
  }

  /** Whether a server that tells by itself says that there is something new. */
  async #sense(target: FetchTarget, signal: AbortSignal): Promise<boolean> {
    const url = below(target.url, 'sense');
    const answer = await this.#asker.ask({ url, credentials: target.headers, signal });
    await checkStatus(answer, [200]);
    const text = (await answer.text(SENSE_BYTES))?.trim();
    if (text === '0' || text === '1') return text === '1';
    throw new SourceError(
      'SOURCE_NOT_DATA',
      `${shown(url)} must answer 1 (there is something new) or 0, and answers something else. Correct that server, or give the address that /sense and /read are below.`,
    );
  }

  /** @param before of the content that is not wanted again */
  async #fetch(
    url: URL,
    target: FetchTarget,
    before: Validators | undefined,
    { signal: outer, onContent }: FetchOptions,
  ): Promise<Fetched> {
    const { controller, release } = abortWith(outer);
    const { signal } = controller;
    const { silenceMs, maxBytes } = this.#limits;
    const pace = new Pace(url, this.#limits);
    const ask = async (headers: Record<string, string>, expected: number[]) => {
      // The first time, and after a failure, it is asked for as it is: what a server packs on the way it seldom sends
      // in parts.
      const codings = target.mustFetch ? 'identity' : ACCEPTED_CODINGS;
      const sent = { 'accept-encoding': codings, ...headers };
      const answer = await this.#asker.ask({ url, credentials: target.headers, headers: sent, signal });
      await checkStatus(answer, expected);
      return answer;
    };
    let close = release;
    try {
      const ifChanged = before ? conditions(before) : {};
      const answer = await ask(ifChanged, Object.keys(ifChanged).length > 0 ? [...WHOLE, 304] : WHOLE);
      const now = validatorsOf(answer);
      const isOneForm = before !== undefined && isSame(before, now);
      if (answer.status === 304 || isOneForm) {
        await answer.drop();
        release();
        return isOneForm && before.etag !== now.etag
          ? { changed: false, validators: now }
          : { changed: false };
      }
      onContent?.();
      const askAgain = (headers: Record<string, string>) => ask(headers, [...WHOLE, 206]);
      const download = new Download(answer, { askAgain, pace, silenceMs, signal });
      close = () => {
        release();
        controller.abort();
        download.abort();
      };
      const content = new Content(answer, download, maxBytes, close);
      close = () => content.close();
      return await this.#deliver(content, before, now);
    } catch (error) {
      close();
      throw error;
    }
  }

  async #deliver(content: Content, before: Validators | undefined, now: Validators): Promise<Fetched> {
    await content.refusePage();
    const { sizeHint, fileName, charset } = content;
    if (before?.sha256 !== undefined) {
      const kept = await KeptContent.of(content.chunks(), this.#limits.tempDir);
      content.close();
      const validators = withHash(now, kept.sha256);
      if (kept.sha256 === before.sha256) {
        await kept.close();
        return { changed: false, validators };
      }
      const stream = toStream(kept.chunks(), () => void kept.close());
      const told = { sizeHint: kept.bytes, fileName, charset };
      return { changed: true, stream, ...told, validators: () => validators };
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

/** The hash is needed where the server says nothing that could be asked with. */
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
