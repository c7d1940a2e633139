// A server process restarts while clients of several kinds are subscribed. Each reconnects by itself.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { Client, fetchExchange, subscriptionExchange } from 'urql';
import { WebSocket } from 'ws';
import { LoadstoneClient } from '../../../src/cli/client/loadstone-client.ts';
import { holdMerges, waitForWaiting } from '../../support/imports/hold-lock.ts';
import { releaseAfter } from '../../support/release.ts';
import { expectNoErrors, query, upload } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';
import { startServerProcess } from '../../support/server/server-process.ts';
import { waitUntil } from '../../support/wait-until.ts';

const AGAIN_AFTER_MS = 200;
const RETRIES = 300;
/** A process starts within seconds, even on a busy machine. */
const WITHIN_MS = 60_000;

/** What a subscriber received. */
interface Seen {
  /** The data of each event, as JSON. */
  events: string[];
  /** How the subscription ended, according to the client; undefined while it is open. */
  end: string | undefined;
}

const ADD_SOURCE = `mutation {
  addDataSource(input: { name: "shop", kind: HTTP, url: "http://example.com/", mode: UPSERT }) { id }
}`;

type Subscribe = (t: TestContext, url: string, document: string) => Seen;

const CLIENTS: Record<string, Subscribe> = {
  'graphql-sse'(t, url, document) {
    const client = sseClient(t, url);
    const seen: Seen = { events: [], end: undefined };
    client.subscribe({ query: document }, sinkOf(seen));
    return seen;
  },
  'graphql-ws'(t, url, document) {
    const client = wsClient(t, url);
    const seen: Seen = { events: [], end: undefined };
    client.subscribe({ query: document }, sinkOf(seen));
    return seen;
  },
  'urql over graphql-sse': (t, url, document) => followWithUrql(t, url, document, sseClient(t, url)),
  'urql over graphql-ws': (t, url, document) => followWithUrql(t, url, document, wsClient(t, url)),
  EventSource: followAsEventSource,
};

test('every client reconnects after a restart, and the stream of an import ends with its final state', async (t) => {
  const before = await startTestServer(t, ONE_LANE);
  await before.close();
  const first = await startServerProcess(t, before);
  const { url } = first;
  const held = await holdMerges(t, before);
  const { id } = expectNoErrors(
    await upload(url, 'a.csv', 'name,sku,description\nAnn,a-1,x\n'),
  ).importProducts;
  await waitForWaiting(before, 'merge');

  const one = subscribeAll(t, url, `subscription { importProgress(id: "${id}") { status } }`);
  const all = subscribeAll(t, url, 'subscription { importProgress { status } }');
  const counts = subscribeAll(
    t,
    url,
    'subscription { productCountsChanged(names: ["Ann"]) { counts { productCount } } }',
  );
  const sources = subscribeAll(t, url, 'subscription { dataSourceChanged { name } }');
  const command = followWithCommand(url, id);
  command.catch(() => {});
  for (const seen of [...one, ...all, ...counts]) {
    await waitUntil('it has begun', () => seen.events.length > 0, WITHIN_MS);
  }

  assert.equal(await first.terminate(), 0);
  await held.release();
  for (const { end } of [...one, ...all, ...counts, ...sources]) assert.equal(end, undefined);
  await startServerProcess(t, before, { PORT: new URL(url).port });

  const told: [Seen[], string][] = [
    [one, '{"importProgress":{"status":"COMPLETED"}}'],
    [counts, '{"productCountsChanged":{"counts":[{"productCount":1}]}}'],
  ];
  for (const [subscribers, last] of told) {
    for (const seen of subscribers) {
      await waitUntil('it hears of the end', () => seen.events.at(-1) === last, WITHIN_MS);
    }
  }
  for (const seen of one) await waitUntil('it ends', () => seen.end === 'complete', WITHIN_MS);
  assert.equal(await command, 'COMPLETED');

  // Open-ended subscriptions also receive later changes.
  expectNoErrors(await query(url, ADD_SOURCE));
  expectNoErrors(await upload(url, 'b.csv', 'name,sku,description\nBob,b-1,x\n'));
  for (const seen of sources) {
    await waitUntil('it hears of a source', () => seen.events.length > 0, WITHIN_MS);
  }
  for (const seen of all) {
    const hears = () => seen.events.at(-1) === '{"importProgress":{"status":"COMPLETED"}}';
    await waitUntil('it hears of an import', hears, WITHIN_MS);
  }
  for (const { end } of [...all, ...counts, ...sources]) assert.equal(end, undefined);
});

function subscribeAll(t: TestContext, url: string, document: string): Seen[] {
  return Object.values(CLIENTS).map((subscribe) => subscribe(t, url, document));
}

function sseClient(t: TestContext, url: string) {
  const client = createSseClient({
    url: `${url}/graphql`,
    retryAttempts: RETRIES,
    retry: () => pause(AGAIN_AFTER_MS),
  });
  releaseAfter(t, () => client.dispose());
  return client;
}

function wsClient(t: TestContext, url: string) {
  const client = createWsClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: RETRIES,
    retryWait: () => pause(AGAIN_AFTER_MS),
    // By default, the client would give up on a connection refused while no server is running.
    shouldRetry: () => true,
  });
  // Disposing rejects if the client was about to reconnect to a server that has stopped.
  releaseAfter(t, () => Promise.resolve(client.dispose()).catch(() => {}));
  return client;
}

function sinkOf(seen: Seen) {
  return {
    next: ({ data, errors }: { data?: unknown; errors?: unknown }) => {
      seen.events.push(JSON.stringify(data ?? errors));
    },
    error: (error: unknown) => {
      seen.end = `error ${error instanceof Error ? error.message : JSON.stringify(error)}`;
    },
    complete: () => {
      seen.end ??= 'complete';
    },
  };
}

/** urql delegates the transport of subscriptions to one of the two clients. */
function followWithUrql(
  t: TestContext,
  url: string,
  document: string,
  transport: ReturnType<typeof sseClient> | ReturnType<typeof wsClient>,
): Seen {
  const seen: Seen = { events: [], end: undefined };
  const forward = subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: transport.subscribe({ query, variables: variables ?? {} }, sink as never),
      }),
    }),
  });
  const client = new Client({
    url: `${url}/graphql`,
    exchanges: [forward, fetchExchange],
    preferGetMethod: false,
  });
  const sink = sinkOf(seen);
  const { unsubscribe } = client.subscription(document, {}).subscribe(({ data, error, hasNext }) => {
    if (error) sink.error(error);
    else if (hasNext === false) sink.complete();
    else sink.next({ data });
  });
  releaseAfter(t, () => unsubscribe());
  return seen;
}

/** Follows the browsers' EventSource: reconnects whenever a connection ends, but never after a status other than 200. */
function followAsEventSource(t: TestContext, url: string, document: string): Seen {
  const seen: Seen = { events: [], end: undefined };
  const sink = sinkOf(seen);
  const over = new AbortController();
  releaseAfter(t, () => over.abort());
  const address = `${url}/graphql?query=${encodeURIComponent(document)}`;
  const connect = async () => {
    const response = await fetch(address, { headers: { accept: 'text/event-stream' }, signal: over.signal });
    if (response.status !== 200 || !response.body) return sink.error(new Error(String(response.status)));
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk);
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, event, data = ''] = /^event: (\w+)\ndata:(.*)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (event === 'next') sink.next(JSON.parse(data));
        if (event === 'complete') return sink.complete();
      }
    }
  };
  const follow = async () => {
    while (seen.end === undefined && !over.signal.aborted) {
      await connect().catch(() => {});
      await pause(AGAIN_AFTER_MS);
    }
  };
  void follow();
  return seen;
}

/** Uses the client of `npm run import`. */
async function followWithCommand(url: string, id: string): Promise<string | undefined> {
  let last: string | undefined;
  for await (const { status } of new LoadstoneClient(`${url}/graphql`).watch(id)) last = status;
  return last;
}
