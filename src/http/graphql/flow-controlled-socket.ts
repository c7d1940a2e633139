// A WebSocket that is sent no more than its client takes. By answering pings, a client shows that it lives, and that it has
// read what was sent before: the network alone takes megabytes for one that is slow, and a sign of life would wait behind
// them.

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** What may be on its way to a client. */
const WINDOW_BYTES = 32 * 1024;
/** How many pings in a row may stay without an answer: a client, or this process, may be busy for a while. */
const MAX_UNANSWERED = 3;
/** What a ping asks with that follows a full window; one that asks for life alone carries nothing. */
const TAKEN = 'taken';

export class FlowControlledSocket {
  readonly #socket: WebSocket;
  #sentBytes = 0;
  #taken: PromiseWithResolvers<void> | undefined;
  #unanswered = 0;

  /** @param connection that carries it: any bytes are a sign of life, as a large message holds up the answer to a ping */
  constructor(socket: WebSocket, connection: Duplex) {
    this.#socket = socket;
    connection.on('data', () => {
      this.#unanswered = 0;
    });
    socket.on('pong', (data) => {
      if (String(data) === TAKEN) this.#go();
    });
    socket.once('close', () => this.#go());
  }

  /** Asks for a sign of life; cuts a client that gave none for long. To be called now and then. */
  ask(): void {
    // It waits for room for its message, and is not listened to.
    if (this.#socket.isPaused) return;
    if (this.#unanswered >= MAX_UNANSWERED) {
      this.#socket.terminate();
    } else {
      this.#unanswered += 1;
      this.#socket.ping();
    }
  }

  /** Resolves when more may be sent, or nothing any more. */
  async send(data: string): Promise<void> {
    if (!this.#isOpen) return;
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
    this.#sentBytes += data.length;
    if (this.#sentBytes > WINDOW_BYTES && !this.#taken && this.#isOpen) {
      this.#taken = Promise.withResolvers<void>();
      this.#sentBytes = 0;
      this.#socket.ping(TAKEN);
    }
    await this.#taken?.promise;
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  #go(): void {
    this.#taken?.resolve();
    this.#taken = undefined;
  }
}
