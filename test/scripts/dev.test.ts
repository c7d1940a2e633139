// `npm run dev` starts the server and the console, and leaves no process behind after Ctrl-C.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, resolve } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { freePort } from '../../bench/processes/free-port.ts';
import { createTestDatabase } from '../support/database/database.ts';
import { releaseAfter } from '../support/release.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

test('npm run dev serves the console from its source and everything else from the server', async (t) => {
  const [port, dataDir, { url }] = await Promise.all([
    freePort(),
    createTemporaryFolder(t),
    createTestDatabase(t),
  ]);
  const dev = spawn(process.execPath, ['scripts/dev.ts'], {
    env: {
      ...process.env,
      PATH: `${resolve('node_modules/.bin')}${delimiter}${process.env['PATH']}`,
      PORT: String(port),
      DATABASE_URL: url,
      DATA_DIR: dataDir,
    },
  });
  const exit = once(dev, 'exit');
  releaseAfter(t, async () => {
    dev.kill('SIGTERM');
    await exit;
  });
  let output = '';
  dev.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const consoleUrl = () => /Local:\s+(http:\/\/[\w.:]+)/.exec(stripVTControlCharacters(output))?.[1];
  await waitUntil(
    'the console and the server are ready',
    () => /answers at/.test(output) && !!consoleUrl(),
    60_000,
  );

  assert.match(await read(`${consoleUrl()}/`), /<script type="module" src="\/main.tsx/);
  assert.match(await read(`${consoleUrl()}/readyz`), /^\{"status":"ready"/);
  assert.match(await read(`${consoleUrl()}/graphql?query={__typename}`), /"Query"/);

  // npm forwards the signal that the terminal has already sent.
  dev.kill('SIGINT');
  dev.kill('SIGINT');
  assert.deepEqual(await exit, [0, null]);
  for (const address of [consoleUrl(), `http://127.0.0.1:${port}`]) {
    await assert.rejects(fetch(String(address)), `${address} still answers`);
  }
});

async function read(address: string): Promise<string> {
  const response = await fetch(address);
  return response.text();
}
