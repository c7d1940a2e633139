// Live progress of imports over both protocols, for subscribers that connect at any time to any server process.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { NetworkError } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { IMPORT_FIELDS } from '../../../src/cli/client/documents.ts';
import { hasEnded, type ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { expectNothingLeft } from '../../support/imports/catalogue.ts';
import { type HeldLock, holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { importReaches, importState } from '../../support/imports/import-state.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, importAndWait, upload, watchProgress } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** The contract says 250. */
const EVENT_WITHIN_MS = 1_000;
/** A busy machine gets as much more: so many times what this process itself had to wait for the processor. */
const DELAYS_ALLOWED = 10;
const STAGES: ImportState['status'][] = ['RECEIVING', 'LOADING', 'MERGING', 'COMPLETED'];
const SAMPLE = Buffer.concat([...sampleChunks(20_000, 1)].map(({ bytes }) => bytes));
const SMALL = 'name,sku,description\nAnn,a-1,x\n';

const watch = {
  'Server-Sent Events': watchProgress,
  WebSocket: watchOverWebSocket,
};

for (const protocol of ['Server-Sent Events', 'WebSocket'] as const) {
  test(`${protocol}: a client that subscribes before an import exists gets frequent updates that only move forward`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const id = randomUUID();
    const events = collect(watch[protocol](server.url, id));
    await pause(100);
    const file = { stream: Readable.from(slowly(SAMPLE, 20, 60)), size: SAMPLE.length };
    const delays = monitorEventLoopDelay();
    delays.enable();
    const begun = performance.now();
    expectNoErrors(await upload(server.url, 'slow.csv', file, { id }));
    const seen = await events;
    delays.disable();
    expectForward(seen.map(({ state }) => state));
    const times = [begun, ...seen.map(({ at }) => at)];
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
    const within = EVENT_WITHIN_MS + (DELAYS_ALLOWED * delays.max) / 1e6;
    assert.ok(
      Math.max(...gaps) < within,
      `a gap of ${Math.round(Math.max(...gaps))} ms, of ${within} allowed`,
    );
    assert.equal(seen[0]?.state.status, 'RECEIVING');
    assert.ok(seen.filter(({ state }) => state.status === 'RECEIVING').length >= 3);
    assert.ok(
      seen.some(({ state }) => state.status === 'RECEIVING' && state.percent > 0),
      'the size is known',
    );
    const last = seen.at(-1)?.state;
    assert.equal(last?.status, 'COMPLETED');
    assert.deepEqual(last, await importState(server.url, id));
  });

  test(`${protocol}: a client that subscribes late gets the current state immediately`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const { id, held } = await startMerging(t, server);
    const before = await importState(server.url, id);
    const states = watch[protocol](server.url, id);
    const begun = performance.now();
    const { value: first } = await states.next();
    assert.ok(performance.now() - begun < EVENT_WITHIN_MS);
    // The import may have reported progress between these reads.
    if (!isDeepStrictEqual(first, before)) assert.deepEqual(first, await importState(server.url, id));
    assert.equal(first?.status, 'MERGING');
    await held.release();
    const rest = (await collect(states)).map(({ state }) => state);
    assert.equal(rest.at(-1)?.status, 'COMPLETED');
  });

  test(`${protocol}: a client that subscribes after the end gets the final state, and the stream completes`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const completed = await importAndWait(server.url, SMALL);
    const failed = await importAndWait(server.url, 'no header\n');
    for (const final of [completed, failed]) {
      const seen = await collect(watch[protocol](server.url, final.id));
      assert.deepEqual(
        seen.map(({ state }) => state),
        [final],
      );
    }
  });

  test(`${protocol}: several subscribers on two server processes all see the end of an import`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const other = await startTestServer(t, { databaseUrl: server.database.url });
    const id = randomUUID();
    const watching = [server, server, other].map(({ url }) => collect(watch[protocol](url, id)));
    await pause(100);
    await upload(server.url, 'slow.csv', Readable.from(slowly(SAMPLE, 8, 60)), { id });
    for (const seen of await Promise.all(watching)) {
      const states = seen.map(({ state }) => state);
      expectForward(states);
      assert.ok(states.length > 3);
      // The download URL is that of the server that was queried.
      assert.deepEqual(
        { ...states.at(-1), issuesUrl: '' },
        { ...(await importState(server.url, id)), issuesUrl: '' },
      );
    }
  });

  test(`${protocol}: a client that reconnects continues from the current state`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const id = randomUUID();
    const file = new PassThrough();
    const answer = upload(server.url, 'slow.csv', file, { id });
    file.write(SAMPLE.subarray(0, SAMPLE.length >> 1));
    await importReaches(server.url, id, 'rows are read', ({ rows }) => rows.read > 0);
    const before: ImportState[] = [];
    for await (const state of watch[protocol](server.url, id)) {
      before.push(state);
      break;
    }
    file.end(SAMPLE.subarray(SAMPLE.length >> 1));
    const after = (await collect(watch[protocol](server.url, id))).map(({ state }) => state);
    expectForward([...before, ...after]);
    assert.equal(after.at(-1)?.status, 'COMPLETED');
    await answer;
  });

  test(`${protocol}: a subscription without an id receives running and future imports`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const running = await startMerging(t, server);
    const ends = new Map<string, ImportState['status']>();
    const states = watch[protocol](server.url);
    const { value: first } = await states.next();
    assert.equal(first?.id, running.id);
    const next = expectNoErrors(await upload(server.url, 'next.csv', SMALL)).importProducts;
    const failing = expectNoErrors(await upload(server.url, 'failing.csv', 'no header\n')).importProducts;
    await running.held.release();
    for await (const { id, status } of states) {
      ends.set(id, status);
      const over = [running.id, next.id].every((one) => ends.get(one) === 'COMPLETED');
      if (over && ends.get(failing.id) === 'FAILED') break;
    }
    assert.deepEqual([...ends.keys()].sort(), [running.id, next.id, failing.id].sort());
  });

  test(`${protocol}: a subscriber that stops reading affects nobody else, and later gets the latest state`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const id = randomUUID();
    // With this many rejected rows, each state is larger than the network buffers.
    const rows = Array.from({ length: 3_000 }, (_, i) => `,${i},${'x'.repeat(9_000)}\n`).join('');
    const file = Buffer.from(`name,sku,description\n${rows}`);
    const stalled = await stall[protocol](t, server, id);
    const watching = collect(watch[protocol](server.url, id));
    const stream = Readable.from(slowly(file, 25, 60));
    expectNoErrors(await upload(server.url, 'bad.csv', { stream, size: file.length }, { id }));
    const seen = (await watching).map(({ state }) => state);
    expectForward(seen);
    assert.equal(seen.at(-1)?.status, 'COMPLETED');
    assert.equal((await importAndWait(server.url, SMALL)).status, 'COMPLETED');
    const statuses = await stalled.readOn();
    assert.equal(statuses.at(-1), 'COMPLETED');
    assert.ok(statuses.length < seen.length, `${statuses.length} of ${seen.length} states waited for it`);
  });

  test(`${protocol}: disconnected subscribers are released, and a server that shuts down disconnects the others without completing them`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    const { id } = await startMerging(t, server);
    const vanishing = await stall[protocol](t, server, id);
    vanishing.socket.destroy();
    const states = watch[protocol](server.url, id);
    await states.next();
    const rest = collect(states);
    const closed = server.close();
    await assert.rejects(rest, protocol === 'WebSocket' ? { code: 1001 } : NetworkError);
    await closed;
  });

  test(`${protocol}: an invalid id is rejected`, async (t) => {
    const server = await startTestServer(t, ONE_LANE);
    await assert.rejects(watch[protocol](server.url, 'latest').next(), /BAD_USER_INPUT/);
  });
}

test('three hundred WebSocket subscribers of one import in one process all see its end', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id, held } = await startMerging(t, server);
  const watching = Array.from({ length: 300 }, () => watchOverWebSocket(server.url, id));
  for (const { value } of await Promise.all(watching.map((states) => states.next()))) {
    assert.equal(value?.status, 'MERGING');
  }
  await held.release();
  for (const seen of await Promise.all(watching.map(collect))) {
    assert.equal(seen.at(-1)?.state.status, 'COMPLETED');
  }
});

test('updates resume after the LISTEN connection breaks', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id, held } = await startMerging(t, server);
  const states = watchProgress(server.url, id);
  await states.next();
  const cut = await server.database.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND query ILIKE 'listen %'`;
  assert.equal(cut.length, 1);
  await held.release();
  const rest = (await collect(states)).map(({ state }) => state);
  assert.equal(rest.at(-1)?.status, 'COMPLETED');
  await expectNothingLeft(server);
});

test('a cancelled import completes its streams with the state CANCELLED', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { id } = await startMerging(t, server);
  const seen = collect(watchProgress(server.url, id));
  await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `mutation { cancelImport(id: "${id}") { id } }` }),
  });
  const states = (await seen).map(({ state }) => state);
  assert.equal(states.at(-1)?.status, 'CANCELLED');
  assert.ok((states.at(-1)?.percent ?? 100) < 100);
});

interface Seen {
  state: ImportState;
  /** From performance.now(). */
  at: number;
}

async function collect(states: AsyncIterable<ImportState>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const state of states) seen.push({ state, at: performance.now() });
  return seen;
}

/** Expects stages in order, numbers that never decrease, and exactly one final state, at the end. */
function expectForward(states: ImportState[]): void {
  const numbers = (state: ImportState) => [
    STAGES.indexOf(state.status),
    state.bytesReceived,
    state.bytesProcessed,
    state.percent,
    ...Object.values(state.rows),
  ];
  for (const [index, state] of states.entries()) {
    const previous = states[index - 1];
    if (previous) {
      const before = numbers(previous);
      const fell = numbers(state).some((number, i) => number < (before[i] ?? 0));
      assert.ok(!fell, `it moved back: ${JSON.stringify(previous)} ${JSON.stringify(state)}`);
    }
    assert.equal(hasEnded(state), index === states.length - 1);
    assert.equal(state.percent === 100, state.status === 'COMPLETED');
  }
}

/** Starts an import that cannot end before the lock is released. */
async function startMerging(t: TestContext, server: TestServer): Promise<{ id: string; held: HeldLock }> {
  const held = await holdMerges(t, server);
  const { id } = expectNoErrors(await upload(server.url, 'held.csv', SMALL)).importProducts;
  await waitForWaiting(server, 'merge');
  await importReaches(
    server.url,
    id,
    'it merges',
    ({ status, rows }) => status === 'MERGING' && rows.read === 1,
  );
  return { id, held };
}

async function* slowly(file: Buffer, pieces: number, milliseconds: number): AsyncGenerator<Buffer> {
  const size = Math.ceil(file.length / pieces);
  for (let at = 0; at < file.length; at += size) {
    yield file.subarray(at, at + size);
    await pause(milliseconds);
  }
}

async function* watchOverWebSocket(url: string, id?: string): AsyncGenerator<ImportState> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  try {
    const query = `subscription ($id: ID) { importProgress(id: $id) { ${IMPORT_FIELDS} } }`;
    for await (const { data, errors } of client.iterate<{ importProgress: ImportState }>({
      query,
      variables: { id },
    })) {
      if (errors || !data) assert.fail(`The subscription failed: ${JSON.stringify(errors)}`);
      yield data.importProgress;
    }
  } catch (error) {
    // Errors at the protocol level are plain arrays.
    throw Array.isArray(error) ? new Error(JSON.stringify(error)) : error;
  } finally {
    await client.dispose();
  }
}

/** A subscriber to states of several megabytes that does not read from its socket. */
interface Stalled {
  socket: Socket;
  /** Resumes reading until the stream ends. @returns the status of each state received */
  readOn(): Promise<string[]>;
}

const LARGE_STATE = (id: string) =>
  `subscription { importProgress(id: "${id}") { status issues(first: 500) { edges { node { record } } } } }`;

const stall = {
  async 'Server-Sent Events'(t: TestContext, { url }: TestServer, id: string): Promise<Stalled> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    releaseAfter(t, () => socket.destroy());
    await once(socket, 'connect');
    const body = JSON.stringify({ query: LARGE_STATE(id) });
    socket.pause();
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return {
      socket,
      async readOn() {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.resume();
        await waitUntil('the stream completes', () => text.includes('event: complete'));
        return statusesIn(text);
      },
    };
  },
  async WebSocket(t: TestContext, { url }: TestServer, id: string): Promise<Stalled> {
    const client = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    releaseAfter(t, () => client.terminate());
    const [{ socket }] = (await once(client, 'upgrade')) as [{ socket: Socket }];
    if (client.readyState !== client.OPEN) await once(client, 'open');
    client.send('{"type":"connection_init"}');
    await once(client, 'message');
    let text = '';
    client.on('message', (data) => {
      text += data;
    });
    client.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: LARGE_STATE(id) } }));
    socket.pause();
    return {
      socket,
      async readOn() {
        socket.resume();
        await waitUntil('the stream completes', () => text.includes('"type":"complete"'));
        return statusesIn(text);
      },
    };
  },
};

function statusesIn(text: string): string[] {
  return [...text.matchAll(/"status":"([A-Z]+)"/g)].map(([, status = '']) => status);
}
