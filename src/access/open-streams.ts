// Streams and transfers that are open, each as long as the grant of its client is valid.

import type { AccessToken } from '../db/access/access-token-store.ts';
import type { Grant } from './grant.ts';
import { revocationOf, type TokenDirectory } from './token-directory.ts';

/** How often grants are checked, besides when a token is revoked. */
const CHECK_EVERY_MS = 5000;

interface OpenStream {
  grant: Grant;
  /** @param fault why the grant is no longer valid, a sentence */
  end(fault: string): void;
}

export class OpenStreams {
  readonly #tokens: TokenDirectory;
  readonly #streams = new Set<OpenStream>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tokens: TokenDirectory) {
    this.#tokens = tokens;
    tokens.onChange(() => void this.#check());
  }

  /** @returns a function to call when the stream has ended */
  add(grant: Grant, end: OpenStream['end']): () => void {
    const stream = { grant, end };
    this.#streams.add(stream);
    this.#timer ??= setInterval(() => void this.#check(), CHECK_EVERY_MS).unref();
    return () => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #check(): Promise<void> {
    const streams = [...this.#streams];
    for (const { grant, end } of streams) {
      if (grant.expiresAt !== undefined && grant.expiresAt <= Date.now()) end('The token has expired.');
    }
    const ids = [...new Set(streams.flatMap(({ grant }) => grant.tokenId ?? []))];
    if (ids.length === 0) return;
    const tokens = await this.#tokens.read(ids).catch(() => undefined);
    // The database is away. The next check finds what was revoked meanwhile.
    if (!tokens) return;
    const faults = new Map(ids.map((id) => [id, faultIn(tokens, id)]));
    for (const { grant, end } of streams) {
      const fault = grant.tokenId && faults.get(grant.tokenId);
      if (fault) end(fault);
    }
  }
}

/** Besides that it expires, which its grants know. */
function faultIn(tokens: readonly AccessToken[], id: string): string | undefined {
  const token = tokens.find((each) => each.id === id);
  return token ? revocationOf(token) : 'The token was removed.';
}
