// Limits how many uploads arrive at once, in all and of each client.

import type { GraphQLError } from 'graphql';
import { type Client, clientKey } from '../clients/client-key.ts';
import { tryLater } from '../http-error.ts';

export interface UploadSlotSettings {
  /** 0: no limit. */
  maxUploads: number;
  /** 0: no limit. */
  maxUploadsPerClient: number;
}

/** When an upload ends is not known. */
const RETRY_AFTER_SECONDS = 5;

export class UploadSlots {
  readonly #settings: UploadSlotSettings;
  readonly #ofClients = new Map<string, number>();
  #all = 0;

  constructor(settings: UploadSlotSettings) {
    this.#settings = settings;
  }

  /**
   * Takes a place until the request is over, however it ends.
   *
   * @throws an HTTP error TOO_MANY_UPLOADS
   */
  take(client: Client, over: AbortSignal): void {
    const { maxUploads, maxUploadsPerClient } = this.#settings;
    const key = clientKey(client);
    const ofClient = this.#ofClients.get(key) ?? 0;
    if (over.aborted) return;
    if (maxUploadsPerClient > 0 && ofClient >= maxUploadsPerClient)
      throw tooMany('You are', maxUploadsPerClient, 'MAX_UPLOADS_PER_CLIENT');
    if (maxUploads > 0 && this.#all >= maxUploads) throw tooMany('Clients are', maxUploads, 'MAX_UPLOADS');
    this.#all++;
    this.#ofClients.set(key, ofClient + 1);
    over.addEventListener('abort', () => this.#free(key), { once: true });
  }

  #free(key: string): void {
    this.#all--;
    const left = (this.#ofClients.get(key) ?? 1) - 1;
    if (left > 0) this.#ofClients.set(key, left);
    else this.#ofClients.delete(key);
  }
}

function tooMany(who: string, limit: number, setting: string): GraphQLError {
  const message = `${who} already sending ${limit.toLocaleString('en')} files to this server, which takes no more at once. Send this one when another has arrived, in ${RETRY_AFTER_SECONDS} s or later; or raise ${setting}.`;
  return tryLater('TOO_MANY_UPLOADS', message, RETRY_AFTER_SECONDS);
}
