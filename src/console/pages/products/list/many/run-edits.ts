// Edits many products, a part of them with each request, and says what became of each.

import type { CombinedError } from 'urql';
import type { Product } from '../../documents.ts';
import type { ProductEdit } from './documents.ts';

/** How many products one request edits: few enough for progress to be seen, and for stopping to be quick. */
const EDITS_PER_REQUEST = 100;

export interface EditProgress {
  total: number;
  /** Products that were edited, with those that needed no edit. */
  done: number;
  failed: readonly ProductEdit[];
  /** Of the products, those that were not sent, or of which it is not known. */
  left: readonly Product[];
  /** Why it ended before all were sent: the error, or that it was stopped. */
  ended?: CombinedError | 'STOPPED';
}

/** Sends the edits of some products. */
export type SendEdits = (
  products: readonly Product[],
) => Promise<{ edits?: readonly ProductEdit[] | null | undefined; error?: CombinedError | undefined }>;

/**
 * @param onProgress called after each request
 * @param signal stops it after the request that is being answered
 */
export async function runEdits(
  products: readonly Product[],
  send: SendEdits,
  onProgress: (progress: EditProgress) => void,
  signal: AbortSignal,
): Promise<EditProgress> {
  let progress: EditProgress = { total: products.length, done: 0, failed: [], left: products };
  while (progress.left.length > 0) {
    if (signal.aborted) return { ...progress, ended: 'STOPPED' };
    const { edits, error } = await send(progress.left.slice(0, EDITS_PER_REQUEST));
    if (!edits) return error ? { ...progress, ended: error } : progress;
    const failed = edits.filter(({ outcome }) => outcome === 'FAILED');
    progress = {
      ...progress,
      done: progress.done + edits.length - failed.length,
      failed: [...progress.failed, ...failed],
      left: progress.left.slice(EDITS_PER_REQUEST),
    };
    onProgress(progress);
  }
  return progress;
}
