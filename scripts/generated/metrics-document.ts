// docs/metrics.md: all metrics of the server itself.

import { METRICS, type MetricDefinition } from '../../src/telemetry/metric-definitions.ts';
import { code, generatedNotice, table } from './markdown.ts';

const INTRODUCTION = `\`/metrics\` answers in the text format of Prometheus; [operations.md](operations.md#metrics) says where, and who may read
it. Counters and histograms count what their process has done since it started, as Prometheus expects: add them up
across servers. Gauges marked *shared* tell of the database that servers share: take the largest, do not add them up.
Beside these there are the usual \`process_…\` and \`nodejs_…\` metrics: memory, CPU, file descriptors, garbage collection, and
the delay of the event loop (\`nodejs_eventloop_lag_seconds\` and its percentiles).

\`operation\` is the name of a GraphQL operation: the first 100 that a server sees, then \`other\`; \`anonymous\` without a name.`;

export function metricsDocument(): string {
  const definitions: MetricDefinition[] = Object.values(METRICS);
  const rows = definitions.map(({ name, type, labels, help, isShared }) => [
    code(name),
    isShared ? `${type}, *shared*` : type,
    labels.map(code).join(', '),
    help,
  ]);
  const notice = generatedNotice('src/telemetry/metric-definitions.ts');
  return `${[notice, '# Metrics', INTRODUCTION, table(['Metric', 'Type', 'Labels', 'Meaning'], rows)].join('\n\n')}\n`;
}
