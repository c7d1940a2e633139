// The settings in force: values without secrets, and where each comes from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsInForce } from '../../../src/config.ts';

test('each setting has its value and its source, and no secret is shown', () => {
  const env = { PORT: '4001', HOST: ' ', DATABASE_URL: 'postgres://me:s3cret@db:5432/shop?password=other' };
  const found = settingsInForce(env, { PORT: '4002', LOG_LEVEL: 'warn' });
  const of = (name: string) => found.find(({ variable }) => variable === name);
  assert.deepEqual(of('PORT'), { variable: 'PORT', value: '4001', source: 'environment' });
  assert.deepEqual(of('HOST'), { variable: 'HOST', value: '127.0.0.1', source: 'default' });
  assert.deepEqual(of('LOG_LEVEL'), { variable: 'LOG_LEVEL', value: 'warn', source: '.env' });
  assert.equal(of('DATABASE_URL')?.value, 'postgres://me:***@db:5432/shop');
  assert.doesNotMatch(JSON.stringify(found), /s3cret|other/);
  assert.throws(() => settingsInForce({ PORT: 'x' }, {}), /PORT is "x"/);
});
