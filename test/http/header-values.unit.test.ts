// The values of one header are found among all of a request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerValues } from '../../src/http/header-values.ts';

test('all values of a header are found, in order, whatever its case, and no value is taken for a name', () => {
  const rawHeaders = ['X-A', 'host', 'HOST', 'one', 'host', 'two', 'Host', '', 'x-b', 'Host'];
  assert.deepEqual(headerValues({ rawHeaders }, 'host'), ['one', 'two', '']);
  assert.deepEqual(headerValues({ rawHeaders }, 'authorization'), []);
});
