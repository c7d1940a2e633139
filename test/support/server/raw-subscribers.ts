// Subscribers whose connections a test holds in its hands, and may leave unread.

import { once } from 'node:events';
import { request } from 'node:http';
import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';

export interface RawSubscriber {
  /** Settles when the connection has closed. */
  closed: Promise<unknown>;
  /** Reads and discards what arrives from now on; otherwise nothing is read. */
  read(): void;
  close(): void;
}

type Headers = Record<string, string>;

/**
 * Over Server-Sent Events.
 *
 * @param url of the server
 * @throws Error if the server answers with another status than 200
 */
export async function subscribeSse(
  url: string,
  operation: object,
  headers: Headers = {},
): Promise<RawSubscriber> {
  const sent = request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
  });
  sent.end(JSON.stringify(operation));
  const [response] = (await once(sent, 'response')) as [Readable & { statusCode: number }];
  const closed = new Promise((resolve) => sent.once('close', resolve));
  sent.on('error', () => {});
  response.on('error', () => {});
  if (response.statusCode !== 200) {
    sent.destroy();
    throw new Error(`the subscription was answered with status ${response.statusCode}`);
  }
  sent.socket?.pause();
  return {
    closed,
    read: () => {
      sent.socket?.resume();
      response.resume();
    },
    close: () => void sent.destroy(),
  };
}

/**
 * Over WebSocket.
 *
 * @param url of the server
 * @throws Error if the server refuses the connection
 */
export async function subscribeWebSocket(
  url: string,
  operation: object,
  headers: Headers = {},
): Promise<RawSubscriber> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await Promise.race([
    once(socket, 'message'),
    once(socket, 'close').then(([code]) =>
      Promise.reject(new Error(`the WebSocket was closed with ${code}`)),
    ),
  ]);
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: operation }));
  socket.on('error', () => {});
  socket.pause();
  return { closed, read: () => socket.resume(), close: () => socket.terminate() };
}
