// Subscribers that share results get what they would get alone, and an event is executed once for all of them.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  GraphQLID,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { LoadstoneError } from '../../../../src/errors.ts';
import { LiveStates } from '../../../../src/ingest/progress/live-states.ts';
import type { Context } from '../../../../src/resolvers/context.ts';
import { SHARED_RESULTS } from '../../../../src/resolvers/shared-results.ts';
import { releaseAfter } from '../../../support/release.ts';
import { startTestServer, until } from '../../support.ts';

interface State {
  id: string;
  revision: number;
}

interface Subscription {
  over: 'Server-Sent Events' | 'WebSocket';
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  headers?: Record<string, string>;
}

const ALL = 'subscription { state { id revision } }';

const documents = fc
  .record({
    id: fc.constantFrom('', '(id: "a")', '(id: "b")', '(id: $id)'),
    alias: fc.constantFrom('', 'renamed: '),
    fields: fc.constantFrom(
      'revision',
      'number: revision',
      '... on State { revision }',
      'revision @include(if: $more)',
      'revision @skip(if: $more)',
      'address',
      'missing',
      'required',
      'later',
    ),
    isInFragment: fc.boolean(),
  })
  .map(({ id, alias, fields, isInFragment }) => {
    const variables = '($id: ID, $more: Boolean = false, $text: String)';
    const field = `${alias}state${id} { id ...Used ${fields} }`;
    return `subscription First${variables} { ${isInFragment ? '...Root' : field} }
      subscription Second${variables} { ${field} }
      ${isInFragment ? `fragment Root on Subscription { ${field} }` : ''}
      fragment Used on State { revision @include(if: $more) echo(text: $text, id: $id) }`;
  });

const subscriptions = fc.record(
  {
    over: fc.constantFrom('Server-Sent Events' as const, 'WebSocket' as const),
    query: documents,
    operationName: fc.constantFrom('First', 'Second'),
    variables: fc.record(
      { id: fc.constantFrom('a', 'b', null), more: fc.boolean(), text: fc.constantFrom('x', 'y') },
      { requiredKeys: [] },
    ),
    headers: fc.constantFrom({}, { 'x-forwarded-proto': 'https' }),
  },
  { requiredKeys: ['over', 'query', 'operationName', 'variables'] },
);

test('subscribers get exactly what they would get alone, whatever they have in common', async (t) => {
  const shared = await start(t, { isShared: true });
  const alone = await start(t, { isShared: false });
  await fc.assert(
    fc.asyncProperty(
      // Several subscribers to each.
      fc
        .array(subscriptions, { minLength: 1, maxLength: 3 })
        .map((some) => [...some, ...some, ...some.slice(0, 1)]),
      fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }),
      async (all, ids) => {
        const expected = await alone.run(all, ids);
        assert.deepEqual(await shared.run(all, ids), expected);
      },
    ),
    { numRuns: 15 },
  );
  assert.ok(shared.probe.executions < alone.probe.executions);
});

test('an event is executed once for each operation, however many subscribers take it', async (t) => {
  const { run, probe } = await start(t, { isShared: true });
  const same = Array.from({ length: 40 }, (_, at): Subscription => {
    return { over: at % 2 === 0 ? 'Server-Sent Events' : 'WebSocket', query: ALL };
  });
  await run(same, ['a', 'b', 'a']);
  assert.equal(probe.executions, 3);

  probe.executions = 0;
  const query = 'subscription One($id: ID) { state(id: $id) { id } } subscription Two { state { id } }';
  const over = 'Server-Sent Events';
  await run(
    [
      { over, query, operationName: 'One' },
      { over, query, operationName: 'Two' },
      { over, query, operationName: 'One', variables: { id: 'a' } },
      { over, query: `${query} `, operationName: 'One' },
      { over, query, operationName: 'One', headers: { 'x-forwarded-proto': 'https' } },
    ],
    ['a'],
  );
  assert.equal(
    probe.executions,
    5,
    'nothing is shared with another operation, other variables or another address',
  );
});

test('a client sees the address under which it reached the server', async (t) => {
  const { run } = await start(t, { isShared: true });
  const query = 'subscription { state { address } }';
  const schemes = ['http', 'https', 'http'];
  const seen = await run(
    schemes.map((scheme) => ({
      over: 'Server-Sent Events',
      query,
      headers: { 'x-forwarded-proto': scheme },
    })),
    ['a'],
  );
  assert.deepEqual(
    seen.map((results) => JSON.stringify(results)),
    schemes.map((scheme) => `[{"data":{"state":{"address":"${scheme}://127.0.0.1"}}}]`),
  );
});

test('a subscriber that leaves during an execution takes no other one with it', async (t) => {
  const { subscribe, feed, probe } = await start(t, { isShared: true });
  const gate = Promise.withResolvers<void>();
  probe.gate = gate.promise;
  const query = 'subscription { state { id later } }';
  const leaving = subscribe({ over: 'Server-Sent Events', query });
  const staying = subscribe({ over: 'WebSocket', query });
  await until('both have subscribed', () => feed.begun === 2);
  feed.publish({ id: 'a', revision: 1 });
  await until('the event is executed', () => probe.waiting === 1);
  leaving.leave();
  await until('it has left', () => feed.subscribers === 1);
  gate.resolve();
  await until('the other has its result', () => staying.results.length === 1);
  assert.deepEqual(staying.results, [{ data: { state: { id: 'a', later: 'in time' } } }]);
  assert.deepEqual(leaving.results, []);
});

test('a result with errors is not kept for those who take the event later', async (t) => {
  const { subscribe, feed, probe } = await start(t, { isShared: true });
  const query = 'subscription { state { flaky } }';
  feed.publish({ id: 'a', revision: 1 });
  const first = subscribe({ over: 'Server-Sent Events', query });
  await until('the first has a result', () => first.results.length === 1);
  const second = subscribe({ over: 'Server-Sent Events', query });
  await until('the second has a result', () => second.results.length === 1);
  assert.match(JSON.stringify(first.results), /"flaky":null.*"code":"NOT_FOUND"/s);
  assert.deepEqual(second.results, [{ data: { state: { flaky: 'well again' } } }]);
  assert.equal(probe.executions, 2);
});

for (const over of ['Server-Sent Events', 'WebSocket'] as const) {
  test(`${over}: an error of the events is the last result, and reaches only its subscriber`, async (t) => {
    const { subscribe, feed, server } = await start(t, { isShared: true });
    const other = subscribe({ over, query: ALL });
    await until('the other has subscribed', () => feed.begun === 1);
    feed.failure = new Error('secret of the database');
    const failing = subscribe({ over, query: ALL });
    await failing.ended;
    assert.match(JSON.stringify(failing.results), /^\[\{"errors":\[\{.*"code":"INTERNAL"/);
    assert.doesNotMatch(JSON.stringify(failing.results), /secret/);
    assert.equal(server.logged.length, 1);
    feed.publish({ id: 'a', revision: 1 });
    await until('the other goes on', () => other.results.length === 1);
  });

  test(`${over}: a subscription that cannot begin reports why`, async (t) => {
    const { subscribe, feed } = await start(t, { isShared: true });
    const query = 'subscription ($id: ID!) { state(id: $id) { id } }';
    const missing = subscribe({ over, query });
    await missing.ended;
    assert.match(JSON.stringify(missing.results), /BAD_USER_INPUT/);
    const refused = subscribe({ over, query, variables: { id: 'refused' } });
    await refused.ended;
    assert.match(JSON.stringify(refused.results), /NOT_FOUND/);
    assert.equal(feed.subscribers, 0);
  });
}

/** Sends states to its subscribers, who begin with the newest state of each record. */
class Feed {
  failure: Error | undefined;
  /** How many subscribers have asked for their first state. */
  begun = 0;
  readonly #all = new Set<LiveStates<State>>();
  readonly #newest = new Map<string, State>();

  get subscribers(): number {
    return this.#all.size;
  }

  subscribe(id: string | undefined, signal: AbortSignal | undefined): LiveStates<State> {
    const order = { revisionOf: ({ revision }: State) => revision, isFinal: () => false };
    const states: LiveStates<State> = new LiveStates(id, order, {
      readCurrent: async () => {
        this.begun += 1;
        if (this.failure) throw this.failure;
        return [...this.#newest.values()];
      },
      onEnd: () => this.#all.delete(states),
    });
    this.#all.add(states);
    signal?.addEventListener('abort', () => states.end());
    return states;
  }

  /** @returns how many subscribers get it */
  publish(state: State): number {
    this.#newest.set(state.id, state);
    for (const states of this.#all) states.offer(state);
    return [...this.#all].filter((states) => states.wants(state.id)).length;
  }

  forget(): void {
    this.#newest.clear();
  }
}

interface Probe {
  /** How often an event has been executed. */
  executions: number;
  /** `later` waits for it. */
  gate: Promise<void>;
  waiting: number;
}

interface Client {
  subscribe(
    request: { query: string },
    sink: { next(result: object): void; error(error: unknown): void; complete(): void },
  ): void;
  dispose(): unknown;
}

async function start(t: TestContext, { isShared }: { isShared: boolean }) {
  const feed = new Feed();
  const probe: Probe = { executions: 0, gate: Promise.resolve(), waiting: 0 };
  const server = await startTestServer(t, {
    trustedProxies: ['127.0.0.1'],
    schema: schemaOf(feed, probe, isShared),
  });
  const clients: Client[] = [];
  releaseAfter(t, () => {
    for (const client of clients) client.dispose();
  });

  function subscribe({ over, headers = {}, ...request }: Subscription) {
    const client = connect[over](`${server.url}/graphql`, headers);
    clients.push(client);
    const results: object[] = [];
    const ended = Promise.withResolvers<void>();
    client.subscribe(request, {
      next: (result) => results.push(result),
      error(error) {
        // Over WebSocket, the errors of an operation that cannot begin are not a result.
        if (Array.isArray(error)) results.push({ errors: error });
        ended.resolve();
      },
      complete: () => ended.resolve(),
    });
    return { results, ended: ended.promise, leave: () => void client.dispose() };
  }

  /** Subscribes all, sends them states of these records one after the other, and returns the results of each. */
  async function run(subscriptions: Subscription[], ids: string[]): Promise<unknown[]> {
    feed.begun = 0;
    const all = subscriptions.map(subscribe);
    await until('all have subscribed', () => feed.begun === all.length);
    let sent = 0;
    for (const [at, id] of ids.entries()) {
      sent += feed.publish({ id, revision: at + 1 });
      const received = () => all.reduce((sum, { results }) => sum + results.length, 0);
      await until('all have received it', () => received() === sent);
    }
    for (const { leave } of all) leave();
    await until('all have left', () => feed.subscribers === 0);
    feed.forget();
    // The addresses of two servers differ.
    return all.map(({ results }) => JSON.parse(JSON.stringify(results).replaceAll(`:${server.port}`, '')));
  }

  return { server, feed, probe, subscribe, run };
}

const connect = {
  'Server-Sent Events': (url: string, headers: Record<string, string>): Client =>
    createSseClient({ url, headers, retryAttempts: 0 }),
  WebSocket: (url: string, headers: Record<string, string>): Client =>
    createWsClient({
      url: url.replace('http', 'ws'),
      retryAttempts: 0,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocol: string) {
          super(address, protocol, { headers });
        }
      },
    }),
};

function schemaOf(feed: Feed, probe: Probe, isShared: boolean): GraphQLSchema {
  const missing = () => {
    throw new LoadstoneError('NOT_FOUND', 'There is no such thing. Look elsewhere.');
  };
  let flaky = 0;
  const state = new GraphQLObjectType<State, Context>({
    name: 'State',
    fields: {
      id: { type: GraphQLID },
      revision: { type: GraphQLInt },
      address: { type: GraphQLString, resolve: (_state, _args, { baseUrl }) => baseUrl },
      echo: {
        type: GraphQLString,
        args: { text: { type: GraphQLString }, id: { type: GraphQLID } },
        resolve: (_state, args) => JSON.stringify(args),
      },
      missing: { type: GraphQLString, resolve: missing },
      required: { type: new GraphQLNonNull(GraphQLString), resolve: missing },
      flaky: { type: GraphQLString, resolve: () => (flaky++ === 0 ? missing() : 'well again') },
      later: {
        type: GraphQLString,
        async resolve(_state, _args, { signal }) {
          probe.waiting += 1;
          await probe.gate;
          return signal?.aborted ? 'too late' : 'in time';
        },
      },
    },
  });
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { hello: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType<State, Context>({
      name: 'Subscription',
      fields: {
        state: {
          type: state,
          args: { id: { type: GraphQLID } },
          ...(isShared && { extensions: SHARED_RESULTS }),
          subscribe(_root, { id }, { signal }) {
            if (id === 'refused') missing();
            return feed.subscribe(id ?? undefined, signal);
          },
          resolve(event) {
            probe.executions += 1;
            return event;
          },
        },
      },
    }),
  });
}
