// A WebSocket with flow control: no more than a window is sent before the client has read it, which it shows by answering a
// ping. Without it, megabytes pile up in socket buffers for a slow client, and the pongs of heartbeats wait behind them.

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** How much may be sent before the client acknowledges it. */
const WINDOW_BYTES = 32 * 1024;
/** Heartbeats without a pong before the client is disconnected: it, or this process, may be busy for a while. */
const MAX_MISSED_PONGS = 3;
/** The payload of pings that ask for an acknowledgement of a full window; those of heartbeats are empty. */
const WINDOW = 'window';

export class FlowControlledSocket {
  readonly #socket: WebSocket;
  #sentBytes = 0;
  #acknowledged: PromiseWithResolvers<void> | undefined;
  #missedPongs = 0;

  /** @param connection of the socket. Any data on it shows that the client is alive, as pongs wait behind large messages. */
  constructor(socket: WebSocket, connection: Duplex) {
    this.#socket = socket;
    connection.on('data', () => {
      this.#missedPongs = 0;
    });
    socket.on('pong', (data) => {
      if (String(data) === WINDOW) this.#resume();
    });
    socket.once('close', () => this.#resume());
  }

  /** Sends a ping, or disconnects a client that has missed several. Call it periodically. */
  heartbeat(): void {
    // Its large message waits for a slot, so pongs are not read.
    if (this.#socket.isPaused) return;
    if (this.#missedPongs >= MAX_MISSED_PONGS) {
      this.#socket.terminate();
    } else {
      this.#missedPongs += 1;
      this.#socket.ping();
    }
  }

  /** Resolves when more may be sent, or when the connection has closed. */
  async send(data: string): Promise<void> {
    if (!this.#isOpen) return;
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
    this.#sentBytes += data.length;
    if (this.#sentBytes > WINDOW_BYTES && !this.#acknowledged && this.#isOpen) {
      this.#acknowledged = Promise.withResolvers<void>();
      this.#sentBytes = 0;
      this.#socket.ping(WINDOW);
    }
    await this.#acknowledged?.promise;
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  #resume(): void {
    this.#acknowledged?.resolve();
    this.#acknowledged = undefined;
  }
}
