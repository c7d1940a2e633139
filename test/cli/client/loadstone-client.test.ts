// The client follows an import to its end, even if its connections break.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { importFile } from '../../../src/cli/client/import-file.ts';
import { type ImportState, LoadstoneClient } from '../../../src/cli/client/loadstone-client.ts';
import { releaseAfter } from '../../support/release.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';

test('a broken progress stream is resumed until the import reaches a final state', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const proxy = await startProxy(t, url);
  const id = randomUUID();
  const stream = new PassThrough();
  const sent = new LoadstoneClient(`${url}/graphql`).upload(
    { name: 'products.csv', size: undefined, stream },
    { id },
  );
  stream.write('name,sku,description\nAnn,a-1,one\n');

  const states: ImportState[] = [];
  for await (const state of new LoadstoneClient(`${proxy.url}/graphql`).watch(id)) {
    states.push(state);
    if (states.length === 1) {
      assert.equal(state.status, 'RECEIVING');
      proxy.cut();
      stream.end('Bob,b-1,two\n');
    }
  }
  await sent;
  assert.equal(states.at(-1)?.status, 'COMPLETED');
  assert.equal(states.at(-1)?.rows.inserted, 2);
  assert.ok(proxy.connections > 1, 'it connected again');
});

test('an id that belongs to another file is rejected, however that import ended', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const client = new LoadstoneClient(`${url}/graphql`);
  const id = randomUUID();
  await importFile(client, fileOf('name,sku,description\nAnn,a-1,one\n'), { id }, () => {});
  const again = await importFile(client, fileOf('name,sku,description\nAnn,a-1,one\n'), { id }, () => {});
  assert.equal(again.state.status, 'COMPLETED');
  const other = importFile(client, fileOf('name,sku,description\nBob,b-1,two\n'), { id }, () => {});
  await assert.rejects(other, { code: 'IMPORT_ID_TAKEN' });
});

test('each file uses a new connection, since the server may be closing an idle one', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const proxy = await startProxy(t, url);
  const client = new LoadstoneClient(`${proxy.url}/graphql`);
  for (const count of [1, 2, 3]) {
    await client.upload(fileOf('name,sku,description\nAnn,a-1,one\n'), {});
    assert.equal(proxy.connections, count);
  }
});

test('an upload whose file cannot be read to the end fails with the read error', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const stream = new PassThrough();
  stream.write('name,sku,description\nAnn,a-1,one\n');
  const fault = new Error('the disk is gone');
  setTimeout(() => stream.destroy(fault), 100);
  const file = { name: 'products.csv', size: undefined, stream };
  const sent = importFile(new LoadstoneClient(`${url}/graphql`), file, { id: randomUUID() }, () => {});
  await assert.rejects(sent, fault);
});

function fileOf(content: string) {
  return { name: 'products.csv', size: Buffer.byteLength(content), stream: new PassThrough().end(content) };
}

/** Forwards connections to a server until they are cut. */
async function startProxy(t: TestContext, target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections++;
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  releaseAfter(t, () => {
    cut();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    get connections() {
      return connections;
    },
  };
}
