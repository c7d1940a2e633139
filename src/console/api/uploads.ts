// The files that this tab sends. They go on while its pages change; they end with the tab.

import type { Client } from 'urql';
import { CancelImport } from './import-state.ts';
import type { LiveImports } from './live-imports.ts';
import { type ReadingOptions, sendFile, UploadError } from './send-file.ts';

export interface Upload {
  /** Also that of the import. */
  id: string;
  file: File;
  options: ReadingOptions;
  sentBytes: number;
  /** `taken`: the server has all of it. */
  state: 'waiting' | 'sending' | 'taken' | 'failed' | 'cancelled';
  error?: UploadError;
}

/** More at a time would use up the connections that a browser grants a server, and none would be faster. */
const MAX_SENDING = 3;

export class Uploads {
  readonly #client: Client;
  readonly #imports: LiveImports;
  readonly #aborts = new Map<string, AbortController>();
  readonly #listeners = new Set<() => void>();
  #all: readonly Upload[] = [];

  constructor(client: Client, imports: LiveImports) {
    this.#client = client;
    this.#imports = imports;
  }

  /** The newest first. The same array until something changes. */
  get all(): readonly Upload[] {
    return this.#all;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns the ids of the imports they will be */
  add(files: readonly File[], options: ReadingOptions = {}): string[] {
    const added = files.map(
      (file): Upload => ({ id: newId(), file, options, sentBytes: 0, state: 'waiting' }),
    );
    this.#set([...added.toReversed(), ...this.#all]);
    this.#sendNext();
    return added.map(({ id }) => id);
  }

  /** Sends a file again, as a new import. */
  again(id: string): void {
    const upload = this.#all.find((each) => each.id === id);
    this.dismiss(id);
    if (upload) this.add([upload.file], upload.options);
  }

  async cancel(id: string): Promise<void> {
    const upload = this.#all.find((each) => each.id === id);
    if (!upload || (upload.state !== 'waiting' && upload.state !== 'sending')) return;
    const wasSending = upload.state === 'sending';
    this.#change(id, { state: 'cancelled' });
    // Said before the connection breaks: the import then counts as cancelled, not as failed.
    if (wasSending) await this.#client.mutation(CancelImport, { id }).toPromise();
    this.#aborts.get(id)?.abort();
    this.#sendNext();
  }

  dismiss(id: string): void {
    this.#set(this.#all.filter((upload) => upload.id !== id));
  }

  #sendNext(): void {
    const sending = this.#all.filter(({ state }) => state === 'sending').length;
    const waiting = this.#all.filter(({ state }) => state === 'waiting').toReversed();
    for (const upload of waiting.slice(0, Math.max(MAX_SENDING - sending, 0))) this.#send(upload);
  }

  async #send({ id, file, options }: Upload): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.#change(id, { state: 'sending' });
    try {
      const state = await sendFile({
        id,
        file,
        options,
        signal: abort.signal,
        onSent: (sentBytes) => this.#change(id, { sentBytes }),
      });
      this.#imports.take(state);
      this.#finish(id, { state: 'taken', sentBytes: file.size });
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      this.#finish(id, { state: 'failed', error });
    } finally {
      this.#aborts.delete(id);
      this.#sendNext();
    }
  }

  /** What was cancelled stays so, whatever its request comes to. */
  #finish(id: string, change: Partial<Upload>): void {
    if (this.#all.find((upload) => upload.id === id)?.state === 'sending') this.#change(id, change);
  }

  #change(id: string, change: Partial<Upload>): void {
    this.#set(this.#all.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)));
  }

  #set(all: readonly Upload[]): void {
    this.#all = all;
    for (const listener of this.#listeners) listener();
  }
}

/** crypto.randomUUID is missing on pages that came over plain HTTP from another machine. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
