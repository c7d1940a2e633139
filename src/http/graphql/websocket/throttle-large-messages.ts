// Pauses a WebSocket whose message grows large until there is room for it.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { type BodyLimits, SMALL_BODY_BYTES } from '../limits/body-limits.ts';

export function throttleLargeMessages(webSocket: WebSocket, socket: Socket, bodyLimits: BodyLimits): void {
  const closed = new AbortController();
  let bytesBefore = socket.bytesRead;
  /** Aborts when the large message has arrived. */
  let arrived: AbortController | undefined;

  const waitForRoom = async (messageArrived: AbortSignal) => {
    webSocket.pause();
    using _room = await bodyLimits.acquire(AbortSignal.any([messageArrived, closed.signal]));
    webSocket.resume();
    const timeout = setTimeout(() => webSocket.terminate(), bodyLimits.timeoutMs(true));
    await new Promise((resolve) => messageArrived.addEventListener('abort', resolve, { once: true }));
    clearTimeout(timeout);
  };
  socket.on('data', () => {
    if (arrived || socket.bytesRead - bytesBefore <= SMALL_BODY_BYTES) return;
    arrived = new AbortController();
    waitForRoom(arrived.signal).catch(() => webSocket.resume());
  });
  webSocket.on('message', () => {
    bytesBefore = socket.bytesRead;
    arrived?.abort();
    arrived = undefined;
  });
  webSocket.once('close', () => {
    closed.abort();
    arrived?.abort();
  });
}
