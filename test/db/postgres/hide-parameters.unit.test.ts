import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { DrizzleQueryError } from 'drizzle-orm';
import { pino, stdSerializers } from 'pino';
import { hideParameters } from '../../../src/db/postgres/hide-parameters.ts';

test('an error of Drizzle, alone or as a cause, loses the parameters and keeps statement, stack and cause', () => {
  const lost = new Error('connection lost');
  const failed = new DrizzleQueryError('INSERT INTO data_sources VALUES ($1)', ['$& secret'], lost);
  const outer = new Error('a store failed', { cause: failed });
  outer.cause = failed;
  lost.cause = outer; // In a circle.
  hideParameters(outer);
  let logged = '';
  const log = pino({ serializers: { err: stdSerializers.err } }, { write: (line) => (logged += line) });
  log.error({ err: failed });
  for (const text of [inspect(failed), inspect(outer), failed.stack ?? '', logged]) {
    assert.doesNotMatch(text, /secret/);
    assert.match(text, /INSERT INTO data_sources VALUES \(\$1\)/);
  }
  assert.match(failed.stack ?? '', /hide-parameters\.unit\.test\.ts/);
  assert.equal(failed.cause, lost);
});

test('what is no error stays as it is', () => {
  assert.equal(hideParameters(undefined), undefined);
  assert.equal(hideParameters('secret'), 'secret');
});
