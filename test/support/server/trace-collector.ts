// A collector of traces: an HTTP server that takes OTLP in JSON, as OpenTelemetry sends it.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { releaseAfter } from '../release.ts';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
  status: { code?: number; message?: string };
  service: string;
}

export interface TraceCollector {
  url: string;
  spans: CollectedSpan[];
  /** The headers of the last request. */
  headers: Record<string, unknown>;
}

interface Export {
  resourceSpans: {
    resource: { attributes: CollectedSpan['attributes'] };
    scopeSpans: { spans: CollectedSpan[] }[];
  }[];
}

export async function startTraceCollector(t: TestContext): Promise<TraceCollector> {
  const collector: TraceCollector = { url: '', spans: [], headers: {} };
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as Export;
    collector.headers = request.headers;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      for (const { spans } of scopeSpans)
        for (const span of spans) collector.spans.push({ ...span, service });
    }
    response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' });
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  releaseAfter(t, async () => {
    server.closeAllConnections();
    server.close();
  });
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}
