// Who sends a request, by its token, and whether they may.

import type { IncomingMessage } from 'node:http';
import { type Access, OPEN_ACCESS } from '../../access/access.ts';
import { accessError } from '../../access/access-error.ts';
import type { Grant } from '../../access/grant.ts';
import { hasRole, type Identity, type Role } from '../../access/identity.ts';
import { ERROR_CODES } from '../../codes/error-codes.ts';
import { LoadstoneError } from '../../errors.ts';
import { clientAddress } from '../clients/client-address.ts';
import { httpError } from '../http-error.ts';
import { isHttps } from '../server-context.ts';
import { badTokenError, noTokenError } from './bearer-error.ts';
import { type Credentials, cookieOf, credentialsOf } from './credentials.ts';
import { FailedAttempts } from './failed-attempts.ts';

export class RequestAccess {
  readonly #access: Access;
  readonly #attempts = new FailedAttempts();

  constructor(access: Access = OPEN_ACCESS) {
    this.#access = access;
  }

  get isOpen(): boolean {
    return this.#access.isOpen;
  }

  /**
   * By the headers of the request.
   *
   * @throws an HTTP error 401, 403, 429 or 503; errors of the database
   */
  async identify(request: IncomingMessage): Promise<Grant> {
    return this.#grant(this.isOpen ? undefined : credentialsOf(request), request);
  }

  /** As `identify`, by a token that was sent in another way. */
  async grant(token: string, request: IncomingMessage): Promise<Grant> {
    return this.#grant(this.isOpen ? undefined : { token, isCookie: false }, request);
  }

  /**
   * @param what needs the role
   * @throws an HTTP error 401 or 403
   */
  require(identity: Identity, role: Role, what: string): void {
    if (hasRole(identity, role)) return;
    const error = accessError(identity, what, role);
    throw error.code === 'UNAUTHENTICATED' ? noTokenError(error.message) : httpErrorOf(error);
  }

  /** See `Access`. */
  watch(grant: Grant, end: (reason: string) => void): () => void {
    return this.#access.watch(grant, end);
  }

  /** For uploads and downloads, which may go on when the grant expires: JWTs do so within minutes. */
  watchRevocation(grant: Grant, end: (reason: string) => void): () => void {
    return this.#access.watch({ ...grant, expiresAt: undefined }, end);
  }

  async #grant(given: Credentials | undefined, request: IncomingMessage): Promise<Grant> {
    if (!given) return this.#access.grant(undefined);
    const address = clientAddress(request);
    await this.#attempts.check(address, given.token);
    try {
      const grant = await this.#access.grant(given.token);
      this.#attempts.noteSuccess(given.token);
      return grant;
    } catch (error) {
      if (!(error instanceof LoadstoneError)) throw error;
      if (error.code !== 'UNAUTHENTICATED') throw httpErrorOf(error);
      await this.#attempts.noteFailure(address);
      // Otherwise, the browser would send it again and again.
      const removed = cookieOf('', { maxAgeSeconds: 0, isSecure: isHttps(request) });
      throw badTokenError(error.message, given.isCookie ? { 'set-cookie': removed } : {});
    }
  }
}

function httpErrorOf({ code, message }: LoadstoneError): Error {
  return httpError(ERROR_CODES[code].status ?? 503, code, message);
}
