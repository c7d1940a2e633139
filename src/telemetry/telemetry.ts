// What observes the parts of a server.

import { Metrics } from './metrics.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

export interface Telemetry {
  metrics: Metrics;
  tracing: Tracing;
}

/** Counts for nobody, and traces nothing. */
export function noTelemetry(): Telemetry {
  return { metrics: new Metrics(), tracing: NO_TRACING };
}
