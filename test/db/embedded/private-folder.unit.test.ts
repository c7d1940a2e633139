import assert from 'node:assert/strict';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { makePrivate } from '../../../src/db/embedded/private-folder.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

test('a data folder becomes private, whatever Loadstone has put into it', async (t) => {
  const { folder, logged, run } = await prepare(t, 0o755);
  for (const name of ['postgres', 'postgres.new', 'spool', 'fetch', 'inspect', 'lost+found'])
    await mkdir(join(folder, name));
  for (const name of ['owner.json', 'owner.17.json', 'postgres.log']) await writeFile(join(folder, name), '');
  assert.equal(await run(), 0o700);
  assert.deepEqual(logged, []);
});

test('a folder that its group may enter, but not list, stays as it is', async (t) => {
  const { run } = await prepare(t, 0o710);
  assert.equal(await run(), 0o710);
});

test('a folder that others use as well is left as it is, and that is logged', async (t) => {
  const { folder, logged, run } = await prepare(t, 0o777);
  await writeFile(join(folder, 'letter.txt'), '');
  assert.equal(await run(), 0o777);
  assert.match(logged.join(''), /letter\.txt.*DATA_DIR is not private/);
});

async function prepare(t: Parameters<typeof createTemporaryFolder>[0], mode: number) {
  const folder = await createTemporaryFolder(t);
  await chmod(folder, mode);
  const logged: string[] = [];
  const log = pino({}, { write: (line) => logged.push(line) });
  return {
    folder,
    logged,
    async run() {
      await makePrivate(folder, log);
      return (await stat(folder)).mode & 0o777;
    },
  };
}
