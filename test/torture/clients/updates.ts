// Names that updateProduct gave to products during an import, and the names that those products may end up with.
//
// These names occur in no file and not in the catalogue before. If the file has the SKU too, the later write wins: the last
// update or the merge of its partition.

import { isDeepStrictEqual } from 'node:util';
import type { ModelProduct } from '../../support/imports/catalogue-model.ts';

/** By their SKUs. */
export type Products = ReadonlyMap<string, ModelProduct>;

export class Updates {
  /** Names by SKU in the order in which the server confirmed them. */
  readonly #given = new Map<string, string[]>();
  /** SKUs that the file does not have. */
  readonly #notInFile = new Set<string>();

  get size(): number {
    return [...this.#given.values()].reduce((sum, names) => sum + names.length, 0);
  }

  add(sku: string, name: string, isInFile: boolean): void {
    this.#given.set(sku, [...(this.#given.get(sku) ?? []), name]);
    if (!isInFile) this.#notInFile.add(sku);
  }

  /** @returns the names that the product may end up with */
  namesOf(sku: string, nameWithoutUpdates: string): string[] {
    const last = this.#given.get(sku)?.at(-1);
    if (last === undefined) return [nameWithoutUpdates];
    return this.#notInFile.has(sku) ? [last] : [last, nameWithoutUpdates];
  }

  /**
   * Counts the rows that equal the product before the import, but undid an update of it.
   *
   * @returns the least and the greatest possible number
   */
  changedBack(before: Products, inFile: Products, found: Products): [number, number] {
    let [least, most] = [0, 0];
    for (const [sku, names] of this.#given) {
      const [was, row] = [before.get(sku), inFile.get(sku)];
      const isEqual = was && row && isDeepStrictEqual(was, row);
      if (!isEqual || this.#notInFile.has(sku)) continue;
      const mergeWasLast = found.get(sku)?.name === row.name;
      if (mergeWasLast) least++;
      // Of several updates, the merge may have come between two.
      if (mergeWasLast || names.length > 1) most++;
    }
    return [least, most];
  }
}
