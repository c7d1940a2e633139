import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context, Services } from '../../src/resolvers/context.ts';
import { contextOfSharedResults } from '../../src/resolvers/shared-results.ts';

test('subscribers share results only with those of their role, whatever their names', () => {
  const contextOf = (id: string, role: 'reader' | 'writer') =>
    contextOfSharedResults({
      services: {} as Services,
      baseUrl: 'http://shop.example',
      identity: { id, name: id, role },
    } satisfies Context);
  assert.deepEqual(contextOf('token:1', 'reader'), contextOf('token:2', 'reader'));
  assert.notDeepEqual(contextOf('token:1', 'reader'), contextOf('token:1', 'writer'));
});
