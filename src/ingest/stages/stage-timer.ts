// Measures the stages of imports.

import type { Metrics } from '../../telemetry/metrics.ts';
import { inSpan } from '../../telemetry/tracing.ts';

export type Stage = 'receiving' | 'loading' | 'previewing' | 'waiting' | 'merging' | 'finishing';

/** Begins to measure a stage. @returns a function to call when it is complete */
export function beginStage({ of: { importStageSeconds } }: Metrics, stage: Stage): () => void {
  const start = performance.now();
  return () => importStageSeconds.observe({ stage }, (performance.now() - start) / 1000);
}

/** Runs a stage, which counts if it succeeds, in a span. */
export async function inStage<Result>(
  metrics: Metrics,
  stage: Stage,
  work: () => Promise<Result>,
): Promise<Result> {
  const onComplete = beginStage(metrics, stage);
  const result = await inSpan(stage, {}, work);
  onComplete();
  return result;
}
