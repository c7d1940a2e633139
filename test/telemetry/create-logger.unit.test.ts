// The log and its ids.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '../../src/telemetry/create-logger.ts';
import { inScope } from '../../src/telemetry/scope.ts';
import { waitUntil } from '../support/wait-until.ts';

const logError = ({ message }: Error) => ({ message });

test('each line has the ids of its request and its import, across asynchronous calls', async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = await createLogger({ logLevel: 'info', logFormat: 'json' }, logError, destination);
  log.info('outside');
  await inScope({ request: 'r1' }, async () => {
    await pause(1);
    log.info('in a request');
    await inScope({ import: 'i1' }, () =>
      pause(1).then(() => log.warn({ err: new Error('full') }, 'in an import')),
    );
  });
  const seen = lines
    .map((line) => JSON.parse(line))
    .map(({ msg, request, import: id, err }) => [msg, request, id, err]);
  assert.deepEqual(seen, [
    ['outside', undefined, undefined, undefined],
    ['in a request', 'r1', undefined, undefined],
    ['in an import', 'r1', 'i1', { message: 'full' }],
  ]);
});

test('LOG_FORMAT=pretty makes lines for people, with the ids', async () => {
  const destination = new PassThrough();
  let text = '';
  destination.on('data', (chunk) => {
    text += chunk;
  });
  const log = await createLogger({ logLevel: 'info', logFormat: 'pretty' }, logError, destination);
  inScope({ request: 'r1', import: 'i1' }, () => log.info('an import has ended'));
  await waitUntil('the line is written', () => text.includes('\n'));
  assert.match(text, /INFO.*an import has ended.*"request":"r1".*"import":"i1"/);
});
