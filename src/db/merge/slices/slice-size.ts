// The size of the next slice of a merge, by the time that others have had to wait for the one before.

/** Since when a slice has held its locks, by `performance.now()`. */
export interface LockedAt {
  products: number;
  /** Undefined if the slice changes no counts. */
  counts?: number;
}

/** Hardly anybody edits one of the products of a slice. */
const PRODUCTS_MS = 500;
/** Everybody who renames a product waits for counts. */
const COUNTS_MS = 100;
const MIN_ROWS = 1000;
const MAX_ROWS = 100_000;
/** Of one step. */
const MAX_FACTOR = 2;

export class SliceSize {
  #rows = 3000;

  /** Of the table of changes. */
  get rows(): number {
    return this.#rows;
  }

  /** To be called when a slice of this size has committed. */
  adapt({ products, counts }: LockedAt): void {
    const now = performance.now();
    const held = (since: number) => Math.max(now - since, 1);
    const wanted = Math.min(PRODUCTS_MS / held(products), COUNTS_MS / held(counts ?? now));
    const factor = Math.min(Math.max(wanted, 1 / MAX_FACTOR), MAX_FACTOR);
    this.#rows = Math.min(Math.max(Math.round(this.#rows * factor), MIN_ROWS), MAX_ROWS);
  }
}
