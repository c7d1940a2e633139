// Access to the server: who has which token, and for how long what they opened stays open.

import { unauthenticated } from './access-error.ts';
import { isSameSecret, parseToken } from './access-token.ts';
import type { Grant } from './grant.ts';
import { ANYONE, STRANGER } from './identity.ts';
import type { JwtVerifier } from './jwt-verifier.ts';
import { OpenStreams } from './open-streams.ts';
import { faultOf, type TokenDirectory } from './token-directory.ts';

export interface Access {
  /** Whether whoever reaches the server may do everything. */
  isOpen: boolean;
  /**
   * @param token as the client sent it; undefined: it sent none
   * @throws LoadstoneError UNAUTHENTICATED, FORBIDDEN, IDENTITY_PROVIDER_UNAVAILABLE; errors of the database
   */
  grant(token: string | undefined): Promise<Grant>;
  /**
   * Calls `end`, with the reason, when the grant is no longer valid.
   *
   * @returns a function to call when that does not matter any more
   */
  watch(grant: Grant, end: (reason: string) => void): () => void;
}

export const OPEN_ACCESS: Access = {
  isOpen: true,
  grant: async () => ({ identity: ANYONE }),
  watch: () => () => {},
};

/** Longer than any token; headers may be longer. */
const MAX_LENGTH = 8192;

export class RequiredAccess implements Access {
  readonly isOpen = false;
  readonly #tokens: TokenDirectory;
  readonly #jwts: JwtVerifier | undefined;
  readonly #streams: OpenStreams;

  constructor(tokens: TokenDirectory, jwts: JwtVerifier | undefined) {
    this.#tokens = tokens;
    this.#jwts = jwts;
    this.#streams = new OpenStreams(tokens);
  }

  async start(): Promise<void> {
    await this.#tokens.start();
  }

  async close(): Promise<void> {
    this.#streams.close();
    await this.#tokens.close();
  }

  async grant(token: string | undefined): Promise<Grant> {
    if (token === undefined) return { identity: STRANGER };
    if (token.length > MAX_LENGTH) throw unauthenticated(`The token has more than ${MAX_LENGTH} characters.`);
    // The header of a JWT is a JSON object in base64url.
    if (this.#jwts && token.startsWith('ey')) return this.#jwts.verify(token);
    return this.#grantOf(token);
  }

  watch(grant: Grant, end: (reason: string) => void): () => void {
    return this.#streams.add(grant, end);
  }

  async #grantOf(text: string): Promise<Grant> {
    const given = parseToken(text);
    if (!given) throw unauthenticated('The token is malformed.');
    const token = await this.#tokens.find(given.id);
    if (!token || !isSameSecret(given.hash, token.hash)) throw unauthenticated('The token is unknown.');
    const fault = faultOf(token);
    if (fault) throw unauthenticated(fault);
    const { id, name, role, expiresAt } = token;
    return { identity: { id: `token:${id}`, name, role }, expiresAt: expiresAt?.getTime(), tokenId: id };
  }
}
