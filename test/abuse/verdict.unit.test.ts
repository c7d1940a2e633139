// What `npm run abuse` takes for a failure, and which servers it attacks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/cli/run-command.ts';
import { MetricsPage } from './metrics-page.ts';
import { Outcomes } from './outcomes.ts';
import { attackTable, importTable, latencyTable, memoryLine } from './report.ts';
import { originOf } from './running-server.ts';
import { type Measured, shortfalls } from './verdict.ts';

const answer = (due: number, ms: number, error?: string) => ({ due, ms, ...(error && { error }) });

function measured(changes: Partial<Measured> = {}): Measured {
  const answers = [answer(50, 5), answer(150, 199), answer(250, 9000)];
  return {
    baseline: { from: 0, to: 100 },
    attacks: { from: 100, to: 200 },
    answers: { products: answers, productCountsByName: answers, updateProduct: answers },
    imports: [{ begun: 150, seconds: 1, events: 3, fault: undefined }],
    memory: [
      { at: 50, memory: 200 },
      { at: 150, memory: 299 },
      { at: 250, memory: 900 },
    ],
    before: { connections: 1, 'spool files': 0 },
    after: { connections: 1, 'spool files': 0 },
    loggedErrors: [],
    ...changes,
  };
}

test('a server holds if nothing falls short during the attacks', () => {
  assert.deepEqual(shortfalls(measured()), []);
});

test('each shortfall is named', () => {
  const slow = [answer(50, 5), answer(150, 200)];
  const failing = [answer(150, 5, 'unexpected response: no')];
  const { answers } = measured();
  const cases: [changes: Partial<Measured>, RegExp][] = [
    [{ answers: { ...answers, products: slow } }, /^The p99 of products is 200 ms, not under 200 ms\.$/],
    [{ answers: { ...answers, products: [] } }, /^The p99 of products is NaN ms/],
    [
      { answers: { ...answers, updateProduct: failing } },
      /^1 requests for updateProduct failed, for example: unexpected/,
    ],
    [{ imports: [] }, /^No import/],
    [{ imports: [{ begun: 1, seconds: 1, events: 1, fault: 'it is FAILED' }] }, /it is FAILED/],
    [
      {
        memory: [
          { at: 50, memory: 200 },
          { at: 150, memory: 300 },
        ],
      },
      /^Memory grew by 100 MB/,
    ],
    [
      { after: { connections: 3, 'spool files': 1 } },
      /^Left behind: connections \(2\), spool files \(1\)\.$/,
    ],
    [{ loggedErrors: ['{"msg":"a"}'] }, /^The server logged an error: \{"msg":"a"\}$/],
  ];
  for (const [changes, expected] of cases) {
    const [first = '', ...others] = shortfalls(measured(changes));
    assert.match(first, expected);
    assert.deepEqual(others, []);
  }
});

test('the tables have a line for each attack, operation and span', async () => {
  const outcomes = new Outcomes();
  await outcomes.count(Promise.resolve('200'));
  for (let n = 0; n < 12; n++) await outcomes.count(Promise.resolve(n < 3 ? '413' : `${n}`));
  const table = attackTable([{ name: 'bombs', outcomes, span: { from: 100, to: 200 } }], measured());
  assert.match(table, /^bombs +13 +199 ms +413: 3, 200: 1, .*others: 3$/m);
  assert.match(latencyTable(measured()), /^products +during +1 +0 +199 ms +199 ms +199 ms$/m);
  assert.match(importTable(measured()), /^imports +during +1 +0 +1\.0 s +1\.0 s$/m);
  assert.equal(
    memoryLine(measured()),
    'Memory: at most 200 MB before, 299 MB during the attacks; 900 MB after them',
  );
});

test('only servers on this machine are attacked', () => {
  for (const url of ['http://127.0.0.1:4000', 'http://localhost:4000/graphql', 'http://[::1]:1'])
    assert.equal(originOf(url), new URL(url).origin);
  for (const url of [
    'http://shop.example',
    'http://10.0.0.1:4000',
    'http://127.0.0.1.example',
    'https://127.0.0.1',
    'x',
  ])
    assert.throws(() => originOf(url), UsageError, url);
});

test('metrics are summed by name and label', () => {
  const page = new MetricsPage('# HELP a b\na{state="busy"} 2\na{state="idle"} 3\na_total 9\nb 1.5e3');
  assert.deepEqual(
    [page.sum('a'), page.sum('a', 'state="busy"'), page.sum('b'), page.sum('c')],
    [5, 2, 1500, 0],
  );
});
