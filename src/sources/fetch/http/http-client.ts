// GET requests that follow redirects.

import type { HttpAgent, HttpConnection } from './http-agent.ts';
import { HttpResponse } from './http-response.ts';
import { asUnreachable, isBroken } from './network-failure.ts';
import {
  isRedirect,
  MAX_REDIRECTS,
  redirectsInALoop,
  redirectsTooOften,
  redirectTarget,
} from './redirect.ts';

export interface GetRequest {
  url: URL;
  /** Headers of the source: they are not sent to another origin. */
  credentials: Record<string, string>;
  /** Headers of our own: they are sent wherever redirects lead. */
  headers?: Record<string, string>;
  signal: AbortSignal;
}

export class HttpClient {
  readonly #agent: HttpAgent;
  readonly #silenceMs: number;

  constructor(agent: HttpAgent, silenceMs: number) {
    this.#agent = agent;
    this.#silenceMs = silenceMs;
  }

  /**
   * @returns the first response that is no redirect; read it or discard it
   * @throws SourceError SOURCE_REDIRECTS, SOURCE_ADDRESS_REFUSED, SOURCE_UNREACHABLE, SOURCE_TIMEOUT; the signal's reason
   */
  async get({ url: start, credentials: given, headers, signal }: GetRequest): Promise<HttpResponse> {
    const seen = new Set<string>();
    let url = start;
    let credentials = given;
    for (;;) {
      const response = await this.#getOnce(url, { ...credentials, ...headers }, signal);
      if (!isRedirect(response)) return response;
      seen.add(url.href);
      const next = redirectTarget(response);
      await response.discard();
      if (seen.has(next.href)) throw redirectsInALoop(start);
      if (seen.size > MAX_REDIRECTS) throw redirectsTooOften(start);
      if (next.origin !== url.origin) credentials = {};
      url = next;
    }
  }

  async #getOnce(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<HttpResponse> {
    try {
      return await this.#agent.withPermit(url.origin, signal, async () => {
        const connection = await this.#agent.acquire(url.origin);
        try {
          return await this.#send(connection, url, headers, signal);
        } catch (error) {
          // The server may have closed an idle connection just as it was used again.
          if (!connection.used || !isBroken(error) || signal.aborted) throw error;
          return await this.#send(await this.#agent.acquire(url.origin, true), url, headers, signal);
        }
      });
    } catch (error) {
      signal.throwIfAborted();
      throw asUnreachable(error, url, this.#silenceMs);
    }
  }

  async #send(
    connection: HttpConnection,
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    try {
      const data = await connection.client.request({
        method: 'GET',
        path: url.pathname + url.search,
        headers: { 'user-agent': 'Loadstone', accept: '*/*', ...headers },
        signal,
      });
      return new HttpResponse(url, data, connection, this.#agent, this.#silenceMs);
    } catch (error) {
      this.#agent.destroy(connection);
      throw error;
    }
  }
}
