import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureMachine, tuning } from '../../../src/db/embedded/tuning.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const GB = 2 ** 30;
const large = { memoryBytes: 64 * GB, diskBytes: 1000 * GB, sharedMemoryBytes: 32 * GB };

test('a large machine gets enough WAL for an import between checkpoints, and no more memory than is useful', () => {
  const settings = tuning(large);
  assert.equal(settings['shared_buffers'], '2048MB');
  assert.equal(settings['max_wal_size'], '8192MB');
  assert.equal(settings['dynamic_shared_memory_type'], 'posix');
});

test('a small container is not asked for more than it has', () => {
  const settings = tuning({ memoryBytes: GB, diskBytes: 8 * GB, sharedMemoryBytes: 64 * 2 ** 20 });
  assert.equal(settings['shared_buffers'], '256MB');
  assert.equal(settings['max_wal_size'], '2048MB');
  assert.equal(settings['dynamic_shared_memory_type'], 'mmap');
});

test('no setting that makes commits durable is disabled', () => {
  const settings = tuning(large);
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum']) {
    assert.equal(settings[name], undefined, `${name} has its default: on`);
  }
});

test('memory and disk of this machine are measured', async (t) => {
  const { memoryBytes, diskBytes } = await measureMachine(await createTemporaryFolder(t));
  assert.ok(memoryBytes > 0 && memoryBytes < 2 ** 50, String(memoryBytes));
  assert.ok(diskBytes > 0, String(diskBytes));
});
