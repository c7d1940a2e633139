// Lets a WebSocket message that grows large arrive only when there is room for it: until then its connection waits.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { type BodyRoom, SMALL_BODY_BYTES } from './body-room.ts';

export function limitLargeMessages(webSocket: WebSocket, socket: Socket, room: BodyRoom): void {
  const closed = new AbortController();
  let readBefore = socket.bytesRead;
  /** Of the message that grows large. */
  let over: AbortController | undefined;

  const enter = async (messageOver: AbortSignal) => {
    webSocket.pause();
    using _place = await room.enter(AbortSignal.any([messageOver, closed.signal]));
    webSocket.resume();
    const late = setTimeout(() => webSocket.terminate(), room.arrivesWithin(true));
    await new Promise((resolve) => messageOver.addEventListener('abort', resolve, { once: true }));
    clearTimeout(late);
  };
  socket.on('data', () => {
    if (over || socket.bytesRead - readBefore <= SMALL_BODY_BYTES) return;
    over = new AbortController();
    enter(over.signal).catch(() => webSocket.resume());
  });
  webSocket.on('message', () => {
    readBefore = socket.bytesRead;
    over?.abort();
    over = undefined;
  });
  webSocket.once('close', () => {
    closed.abort();
    over?.abort();
  });
}
