// Content without validators has to be downloaded to be compared: four at once, and only where the disk has room for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addSource,
  commandSource,
  sourceImported,
  sourceReaches,
  sourceState,
  startSourcesServer,
  syncAndSettle,
} from '../../support/sources/data-sources.ts';
import { type FileHost, startFileHost } from '../../support/sources/file-host.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HEADER = 'name,sku,description\n';
const MIB = 2 ** 20;
/** More than sockets and streams hold. */
const TAKEN_BYTES = 24 * MIB;
const PLACES = 4;
const WAITING = 8;
const PER_HOST = 5;
const HOSTS = 3;

test('contents without validators are downloaded four at once and in the room of the disk, or their check is postponed', async (t) => {
  const server = await startSourcesServer(t, { maxUploadBytes: 2 ** 52 });
  const hosts = await Promise.all(Array.from({ length: HOSTS }, () => startFileHost(t)));
  const ids: string[] = [];
  for (const [at, host] of hosts.entries()) {
    for (let n = 0; n < PER_HOST; n++) {
      serve(host, `/${n}`, `${HEADER}Ada,s-${at}-${n},\n`);
      const { id } = await addSource(server, { name: `${at}-${n}`, url: `${host.url}/${n}` });
      ids.push(id);
    }
  }
  for (const id of ids) await sourceImported(server, id);
  const [first = ''] = ids;
  const same = await syncAndSettle(server, first);
  assert.equal(same.error, null);

  // The disk has no room for what is announced.
  hosts[0]?.answer('/0', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/csv', 'content-length': 2 ** 50 }).write(HEADER);
  });
  await commandSource(server, 'syncDataSource', first);
  const waits = await sourceReaches(server, first, 'is postponed', ({ error }) => error !== null);
  assert.equal(waits.error?.code, 'CHECK_POSTPONED');
  assert.match(waits.error?.message ?? '', /too little room.*SPOOL_RESERVE_BYTES/);
  assert.deepEqual([waits.state, waits.consecutiveFailures], ['IDLE', 0]);
  assert.ok(Date.parse(waits.nextCheckAt ?? '') > Date.now());

  // Contents that go on until they are taken.
  let taken = 0;
  for (const host of hosts) {
    for (let n = 0; n < PER_HOST; n++) {
      host.answer(`/${n}`, async (_request, response) => {
        let goOn = () => {};
        response
          .on('error', () => {})
          .on('drain', () => goOn())
          .on('close', () => goOn());
        response.writeHead(200, { 'content-type': 'text/csv' }).write(HEADER);
        const rows = Buffer.alloc(MIB, 'Ada,a,description\n');
        for (let sent = 0; sent < TAKEN_BYTES && !response.destroyed; sent += MIB)
          if (!response.write(rows))
            await new Promise<void>((resolve) => {
              goOn = resolve;
            });
        if (!response.destroyed) taken++;
      });
    }
  }
  for (const id of ids) await commandSource(server, 'syncDataSource', id);
  const postponed = async () => {
    const states = await Promise.all(ids.map((id) => sourceState(server, id)));
    return states.filter((state) => state?.error?.message.includes('As many sources')).length;
  };
  await waitUntil('the other checks are postponed', async () => (await postponed()) > 0);
  await waitUntil('all places are taken', () => taken >= PLACES);
  assert.equal(taken, PLACES);
  assert.ok(ids.length > PLACES + WAITING);
});

function serve(host: FileHost, path: string, content: string): void {
  host.answer(path, (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/csv' }).end(content),
  );
}
