// The uploads of this tab. They continue while the user moves between pages, and end when the tab is closed.

import type { Client } from 'urql';
import { newId } from '../../utils/new-id.ts';
import { CancelImport } from '../live/import-state.ts';
import type { LiveImports } from '../live/live-imports.ts';
import type { OwnImports } from '../live/own-imports.ts';
import { type ImportOptions, UploadError, uploadFile } from './upload-file.ts';

export interface QueuedUpload {
  /** Also the id of the import. */
  id: string;
  file: File;
  options: ImportOptions;
  sentBytes: number;
  /** `uploaded`: the server has received the whole file. */
  state: 'waiting' | 'uploading' | 'uploaded' | 'failed' | 'cancelled';
  error?: UploadError;
}

/** Whether the file is not on the server yet, so that this tab is still needed. */
export function isPending({ state }: QueuedUpload): boolean {
  return state === 'waiting' || state === 'uploading';
}

/** More would use up the connections that a browser opens per server, without being faster. */
const MAX_PARALLEL_UPLOADS = 3;

export class UploadQueue {
  readonly #client: Client;
  readonly #imports: LiveImports;
  readonly #own: OwnImports;
  readonly #aborts = new Map<string, AbortController>();
  readonly #listeners = new Set<() => void>();
  #all: readonly QueuedUpload[] = [];

  constructor(client: Client, imports: LiveImports, own: OwnImports) {
    this.#client = client;
    this.#imports = imports;
    this.#own = own;
  }

  /** Newest first. Stays the same array until something changes. */
  get all(): readonly QueuedUpload[] {
    return this.#all;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns the ids of the imports */
  add(files: readonly File[], options: ImportOptions = {}): string[] {
    const added = files.map(
      (file): QueuedUpload => ({ id: newId(), file, options, sentBytes: 0, state: 'waiting' }),
    );
    for (const { id } of added) this.#own.add(id);
    this.#set([...added.toReversed(), ...this.#all]);
    this.#startNext();
    return added.map(({ id }) => id);
  }

  /** Uploads a file again, as a new import. */
  retry(id: string): void {
    const upload = this.#all.find((each) => each.id === id);
    this.remove(id);
    if (upload) this.add([upload.file], upload.options);
  }

  async cancel(id: string): Promise<void> {
    const upload = this.#all.find((each) => each.id === id);
    if (!upload || !isPending(upload)) return;
    const wasUploading = upload.state === 'uploading';
    this.#change(id, { state: 'cancelled' });
    // Cancelled before the connection closes, as the import would otherwise count as failed.
    if (wasUploading) await this.#client.mutation(CancelImport, { id }).toPromise();
    this.#aborts.get(id)?.abort();
    this.#startNext();
  }

  remove(id: string): void {
    this.#own.remove(id);
    this.#set(this.#all.filter((upload) => upload.id !== id));
  }

  #startNext(): void {
    const uploading = this.#all.filter(({ state }) => state === 'uploading').length;
    const waiting = this.#all.filter(({ state }) => state === 'waiting').toReversed();
    for (const upload of waiting.slice(0, Math.max(MAX_PARALLEL_UPLOADS - uploading, 0)))
      this.#upload(upload);
  }

  async #upload({ id, file, options }: QueuedUpload): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.#change(id, { state: 'uploading' });
    try {
      const state = await uploadFile({
        id,
        file,
        options,
        signal: abort.signal,
        onSent: (sentBytes) => this.#change(id, { sentBytes }),
      });
      this.#imports.update(state);
      this.#finish(id, { state: 'uploaded', sentBytes: file.size });
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      this.#finish(id, { state: 'failed', error });
    } finally {
      this.#aborts.delete(id);
      this.#startNext();
    }
  }

  /** Ignores the outcome of an upload that was cancelled meanwhile. */
  #finish(id: string, change: Partial<QueuedUpload>): void {
    if (this.#all.find((upload) => upload.id === id)?.state === 'uploading') this.#change(id, change);
  }

  #change(id: string, change: Partial<QueuedUpload>): void {
    this.#set(this.#all.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)));
  }

  #set(all: readonly QueuedUpload[]): void {
    this.#all = all;
    for (const listener of this.#listeners) listener();
  }
}
