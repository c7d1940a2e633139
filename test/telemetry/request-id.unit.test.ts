// Which id a request has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestIdOf } from '../../src/telemetry/request-id.ts';
import { formatTraceParent, parseTraceParent } from '../../src/telemetry/trace-parent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const TRACE_PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const UUID = /^[\da-f]{8}-[\da-f]{4}-4/;

test('a request has the id that its client sends, else that of its trace, else a random one', () => {
  assert.equal(requestIdOf({ 'x-request-id': 'order-17:a/b+c=@.' }), 'order-17:a/b+c=@.');
  assert.equal(requestIdOf({ 'x-request-id': 'mine', traceparent: TRACE_PARENT }), 'mine');
  assert.equal(requestIdOf({ traceparent: TRACE_PARENT }), TRACE);
  assert.match(requestIdOf({}), UUID);
});

test('an id that is empty, long or has other characters is replaced', () => {
  for (const id of ['', 'a b', 'a\tb', 'ä', '"', '{}', 'x'.repeat(129)])
    assert.match(requestIdOf({ 'x-request-id': id }), UUID, JSON.stringify(id));
  assert.equal(requestIdOf({ 'x-request-id': 'x'.repeat(128) }), 'x'.repeat(128));
});

test('a traceparent that is malformed begins no trace', () => {
  const zeros = '0'.repeat(32);
  const malformed = [
    '',
    TRACE,
    TRACE_PARENT.toUpperCase(),
    `ff${TRACE_PARENT.slice(2)}`,
    `00-${zeros}-b7ad6b7169203331-01`,
    `00-${TRACE}-0000000000000000-01`,
    ['a'],
  ];
  for (const text of malformed) assert.equal(parseTraceParent(text), undefined, String(text));
  const parsed = parseTraceParent(TRACE_PARENT);
  assert.ok(parsed);
  assert.equal(formatTraceParent(parsed), TRACE_PARENT);
  // A later version may have more fields.
  assert.equal(parseTraceParent(`01-${TRACE}-b7ad6b7169203331-00-more`)?.traceFlags, 0);
});
