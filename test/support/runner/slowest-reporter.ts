// Node's spec reporter, with the ten slowest tests before its closing summary.

import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Readable } from 'node:stream';
import { spec, type TestEvent } from 'node:test/reporters';
import { TEST_SECONDS } from '../database/template.ts';
import { readSeconds } from './test-bundles.ts';

interface TimedTest {
  name: string;
  file: string;
  seconds: number;
}

const SHOWN = 10;

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<unknown> {
  yield* Readable.from(addSlowest(events)).pipe(new spec());
}

async function* addSlowest(events: AsyncIterable<TestEvent>): AsyncGenerator<object> {
  const tests: TimedTest[] = [];
  const seconds = new Map<string, number>();
  let isReported = false;
  for await (const event of events) {
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { name, file = '', details, nesting } = event.data;
      if (nesting === 0) seconds.set(file, (seconds.get(file) ?? 0) + details.duration_ms / 1000);
      if (details.type !== 'suite') tests.push({ name, file, seconds: details.duration_ms / 1000 });
    }
    // The summary is a series of diagnostics: this is the first of them.
    if (event.type === 'test:diagnostic' && !isReported && /^tests \d+$/.test(event.data.message)) {
      isReported = true;
      saveSeconds(seconds);
      yield* slowestOf(tests).map((message) => ({ type: 'test:diagnostic', data: { nesting: 0, message } }));
    }
    yield event;
  }
}

/** Whoever bundles the files of the next run reads them. */
function saveSeconds(seconds: Map<string, number>): void {
  const path = process.env[TEST_SECONDS];
  if (path) writeFileSync(path, JSON.stringify({ ...readSeconds(path), ...Object.fromEntries(seconds) }));
}

function slowestOf(tests: TimedTest[]): string[] {
  if (tests.length <= SHOWN) return [];
  const slowest = tests.toSorted((a, b) => b.seconds - a.seconds).slice(0, SHOWN);
  const lines = slowest.map(({ name, file, seconds }) => {
    return `${seconds.toFixed(1).padStart(6)} s  ${relative(process.cwd(), file)}  ${name}`;
  });
  return [`the ${SHOWN} slowest of ${tests.length} tests:`, ...lines];
}
