// The traceparent of W3C Trace Context: `00-<trace id>-<span id>-<flags>`.

import type { SpanContext } from '@opentelemetry/api';

const FORM = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** @returns undefined if it is missing or malformed: then a new trace begins */
export function parseTraceParent(text: unknown): SpanContext | undefined {
  const [, traceId, spanId, flags = ''] = (typeof text === 'string' && FORM.exec(text)) || [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

export function traceIdOf(traceParent: unknown): string | undefined {
  return parseTraceParent(traceParent)?.traceId;
}

export function formatTraceParent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
