// OpenTelemetry: spans are sent to a collector over OTLP/HTTP. Loaded only if tracing is configured.

import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { SpanRunner, type Tracing } from './tracing.ts';

export interface TracingSettings {
  /** Of the collector, without /v1/traces. */
  endpoint: string;
  headers: Record<string, string>;
  serviceName: string;
  /** The share of traces that are recorded, unless the client's traceparent says whether it is: 0 to 1. */
  share: number;
  /** Of this process. */
  instanceId: string;
}

const EXPORT_TIMEOUT_MS = 5000;
/** A large merge has thousands of statements. What does not fit is dropped. */
const MAX_QUEUED_SPANS = 8192;

export function startTracing(settings: TracingSettings): Tracing {
  const { endpoint, headers, serviceName, share, instanceId } = settings;
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.instance.id': instanceId,
      'process.pid': process.pid,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        maxQueueSize: MAX_QUEUED_SPANS,
        scheduledDelayMillis: 1000,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const runner = new SpanRunner({
    tracer: provider.getTracer('loadstone'),
    contextOf(parent) {
      if (parent === undefined) return ROOT_CONTEXT;
      return isSpan(parent)
        ? trace.setSpan(ROOT_CONTEXT, parent)
        : trace.setSpanContext(ROOT_CONTEXT, parent);
    },
    serverKind: SpanKind.SERVER,
    errorStatus: SpanStatusCode.ERROR,
  });
  return {
    run: (name, start, work) => runner.run(name, start, work),
    // A collector that is away must not keep the server from stopping.
    close: () => provider.shutdown().catch(() => {}),
  };
}

function isSpan(parent: object): parent is Span {
  return 'spanContext' in parent;
}
