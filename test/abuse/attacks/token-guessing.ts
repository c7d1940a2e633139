// Tokens that are tried, in all places where a token can be.

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { newToken } from '../../../src/access/access-token.ts';
import { type Attack, repeatedly } from '../attack.ts';
import { type Attacker, describeFailure } from '../attacker.ts';

const AT_ONCE = 16;
const AT_MOST = 100_000;
const JWT = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"role":"admin","sub":"a"}').toString('base64url')}.`;
const QUERY = '{"query":"{ viewer { name } }"}';

type Try = (attacker: Attacker, signal: AbortSignal) => Promise<string>;

const withHeaders =
  (headers: () => Record<string, string>): Try =>
  (attacker, signal) =>
    attacker.send({ headers: { 'content-type': 'application/json', ...headers() }, body: QUERY }, signal);

const TRIES: readonly Try[] = [
  withHeaders(() => ({ authorization: `Bearer ${newToken().text}` })),
  withHeaders(() => ({ authorization: `Bearer ${'a'.repeat(12_000)}` })),
  withHeaders(() => ({ authorization: `Bearer ${JWT}` })),
  withHeaders(() => ({ authorization: 'Basic YWRtaW46YWRtaW4=' })),
  withHeaders(() => ({ cookie: `loadstone_token=${newToken().text}` })),
  (attacker, signal) =>
    attacker.send(
      {
        path: '/session',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: newToken().text }),
      },
      signal,
    ),
  connectWebSocket,
];

export const tokenGuessing: Attack = {
  name: 'token-guessing',
  description: 'wrong tokens in headers, cookies, sign-ins and WebSockets',
  async run(attacker, outcomes, signal) {
    await repeatedly({ atOnce: AT_ONCE, atMost: AT_MOST }, signal, async (number) => {
      const attempt = TRIES[number % TRIES.length] as Try;
      await outcomes.count(attempt(attacker, signal));
    });
  },
};

async function connectWebSocket({ url }: Attacker, signal: AbortSignal): Promise<string> {
  const socket = new WebSocket(`ws://${url.host}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => {});
  try {
    await once(socket, 'open', { signal });
    const payload = { authorization: `Bearer ${newToken().text}` };
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    const [code] = await once(socket, 'close', { signal });
    return `WebSocket closed with ${code}`;
  } catch (error) {
    return describeFailure(error, signal);
  } finally {
    socket.terminate();
  }
}
