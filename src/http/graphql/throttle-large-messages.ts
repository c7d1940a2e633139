// Lets a WebSocket message that grows large arrive only when there is room for it: until then its connection waits.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { type BodyLimits, SMALL_BODY_BYTES } from './body-limits.ts';

export function throttleLargeMessages(webSocket: WebSocket, socket: Socket, bodyLimits: BodyLimits): void {
  const closed = new AbortController();
  let readBefore = socket.bytesRead;
  /** Of the message that grows large. */
  let over: AbortController | undefined;

  const enter = async (messageOver: AbortSignal) => {
    webSocket.pause();
    using _place = await bodyLimits.acquire(AbortSignal.any([messageOver, closed.signal]));
    webSocket.resume();
    const late = setTimeout(() => webSocket.terminate(), bodyLimits.timeoutMs(true));
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
