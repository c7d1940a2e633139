// Gives each request an id, and notes what became of it: in the log, the metrics and the trace.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { REQUEST_ID_HEADER, requestIdOf } from '../telemetry/request-id.ts';
import { inScope } from '../telemetry/scope.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** Call it with the name of the route, of which there are few. */
export type NoteRoute = (route: string) => void;

/** Asked for every few seconds by machines. */
const UNTRACED = /^\/(healthz|readyz|metrics)\b/;
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE', 'PUT', 'PATCH'];

export class RequestObserver {
  readonly #telemetry: Telemetry;
  readonly #log: Logger;

  constructor(telemetry: Telemetry, log: Logger) {
    this.#telemetry = telemetry;
    this.#log = log;
  }

  /** Runs the work of a request with its id, which the response has too. */
  async observe(
    request: IncomingMessage,
    response: ServerResponse,
    work: (noteRoute: NoteRoute) => Promise<void>,
  ): Promise<void> {
    const id = requestIdOf(request.headers);
    response.setHeader(REQUEST_ID_HEADER, id);
    // A route below may change both.
    const { method = '', url = '' } = request;
    const path = url.split('?', 1)[0] ?? '';
    const start = performance.now();
    let route = 'none';
    const noteRoute: NoteRoute = (name) => {
      route = name;
    };
    await inScope({ request: id }, async () => {
      response.once('close', () =>
        this.#noteEnd({ method, path, route, status: response.statusCode, start }),
      );
      if (UNTRACED.test(path)) return work(noteRoute);
      const parent = request.headers['traceparent'];
      const spanStart = {
        kind: 'SERVER' as const,
        parent: typeof parent === 'string' ? parent : undefined,
        attributes: { 'http.request.method': method, 'url.path': path, 'loadstone.request.id': id },
      };
      await this.#telemetry.tracing.run(`${method} ${path}`, spanStart, async (span) => {
        await work(noteRoute);
        span?.updateName(`${method} ${route}`);
        span?.setAttributes({ 'http.route': route, 'http.response.status_code': response.statusCode });
      });
    });
  }

  #noteEnd({
    method,
    path,
    route,
    status,
    start,
  }: {
    method: string;
    path: string;
    route: string;
    status: number;
    start: number;
  }): void {
    const { requests, requestSeconds } = this.#telemetry.metrics.of;
    const ms = performance.now() - start;
    requests.inc({ method: METHODS.includes(method) ? method : 'other', route, status });
    requestSeconds.observe({ route }, ms / 1000);
    this.#log.debug({ method, path, route, status, ms: Math.round(ms) }, 'a request was answered');
  }
}
