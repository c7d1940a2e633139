// Messages of the API as the console shows them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainMessage } from '../../src/console/utils/plain-message.ts';

test('advice to set options of the API is left out, the rest is kept', () => {
  assert.equal(
    plainMessage(
      'The header lacks "sku"; it has "a", "b". Rename the column that holds it. Or name it in the option `mapping`.',
    ),
    'The header lacks "sku"; it has "a", "b". Rename the column that holds it.',
  );
  assert.equal(
    plainMessage(
      'The header is not valid UTF-8. Set the option encoding to windows-1252. Or save it as UTF-8.',
    ),
    'The header is not valid UTF-8. Or save it as UTF-8.',
  );
});

test('a message that is nothing but advice is shown as it is', () => {
  assert.equal(plainMessage('Set the option `sheet`.'), 'Set the option `sheet`.');
});
