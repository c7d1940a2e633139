// Spans. Without tracing they cost a look at the scope, and nothing of OpenTelemetry is loaded.

import type { Attributes, Context, Span, SpanContext, TimeInput, Tracer } from '@opentelemetry/api';
import { currentScope, inScope } from './scope.ts';
import { formatTraceParent, parseTraceParent } from './trace-parent.ts';

export interface SpanStart {
  /** Default: INTERNAL. */
  kind?: 'SERVER';
  attributes?: Attributes;
  /** The traceparent that the span continues. Default: the span in progress. */
  parent?: string | null | undefined;
}

export interface Tracing {
  /**
   * Runs work in a span, which ends when the promise settles. A rejection is recorded.
   *
   * @param work gets the span, undefined without tracing
   */
  run<Result>(name: string, start: SpanStart, work: (span?: Span) => Promise<Result>): Promise<Result>;
  /** Sends what has ended, within seconds. */
  close(): Promise<void>;
}

export const NO_TRACING: Tracing = {
  run: (_name, _start, work) => work(),
  close: async () => {},
};

/** The parts of OpenTelemetry that spans need, which are loaded only with tracing. */
export interface TraceApi {
  tracer: Tracer;
  /** A context with this parent. */
  contextOf(parent: Span | SpanContext | undefined): Context;
  serverKind: number;
  errorStatus: number;
}

export class SpanRunner implements Omit<Tracing, 'close'> {
  readonly #api: TraceApi;

  constructor(api: TraceApi) {
    this.#api = api;
  }

  async run<Result>(
    name: string,
    { kind, attributes = {}, parent }: SpanStart,
    work: (span?: Span) => Promise<Result>,
  ): Promise<Result> {
    const { tracer, contextOf, serverKind, errorStatus } = this.#api;
    const context = contextOf(parseTraceParent(parent) ?? currentScope().span);
    const options = { attributes, ...(kind && { kind: serverKind }) };
    const span = tracer.startSpan(name, options, context);
    runners.set(span, this);
    try {
      return await inScope({ span }, () => work(span));
    } catch (error) {
      span.setStatus({ code: errorStatus, message: messageOf(error) });
      throw error;
    } finally {
      span.end();
    }
  }

  /** Notes work that has been done elsewhere, such as in a thread. */
  note(name: string, attributes: Attributes, times: { start: TimeInput; end: TimeInput }): void {
    const { tracer, contextOf } = this.#api;
    const { start: startTime } = times;
    tracer.startSpan(name, { attributes, startTime }, contextOf(currentScope().span)).end(times.end);
  }
}

/** Which runner has started a span. */
const runners = new WeakMap<Span, SpanRunner>();

/** Runs work in a span within the span in progress. Without one, it only runs the work. */
export function inSpan<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  const runner = runnerOf(currentScope().span);
  return runner ? runner.run(name, { attributes }, work) : work();
}

/** Notes work within the span in progress, that has been done elsewhere. @param times in milliseconds since 1970 */
export function noteSpan(name: string, attributes: Attributes, times: { start: number; end: number }): void {
  runnerOf(currentScope().span)?.note(name, attributes, times);
}

/** Of the span in progress; undefined without tracing. */
export function currentTraceParent(): string | undefined {
  const { span } = currentScope();
  return span && formatTraceParent(span.spanContext());
}

function runnerOf(span: Span | undefined): SpanRunner | undefined {
  return span && runners.get(span);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
