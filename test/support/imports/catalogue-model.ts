// The expected catalogue after some files, computed from the files alone, row by row.

import { isDeepStrictEqual } from 'node:util';
import { parse } from 'csv-parse/sync';
import type { Ledger } from '../../../src/cli/client/loadstone-client.ts';

export interface ModelProduct {
  name: string;
  description: string;
  /** Absent for a product that never had any. */
  attributes?: Record<string, string>;
}

export class CatalogueModel {
  readonly products = new Map<string, ModelProduct>();

  /**
   * @param file well-formed CSV with the columns name, sku and description; every row is a product. With `keepColumns` it has
   *   a column with the attributes as JSON, too.
   */
  import(file: Buffer | string): Ledger {
    const rows = parse(file, {
      columns: (header: string[]) => header.map((name) => name.toLowerCase()),
    }) as { sku: string; name: string; description: string; attributes?: string }[];
    const last = new Map(rows.map((row) => [row.sku, row]));
    const ledger = {
      read: rows.length,
      inserted: 0,
      updated: 0,
      unchanged: 0,
      superseded: rows.length - last.size,
      rejected: 0,
    };
    for (const { sku, name, description, attributes } of last.values()) {
      const stored = this.products.get(sku);
      const kept = attributes === undefined ? stored?.attributes : JSON.parse(attributes);
      const product = { name, description, ...(kept && { attributes: kept }) };
      if (!stored) ledger.inserted++;
      else if (isDeepStrictEqual(stored, product)) ledger.unchanged++;
      else ledger.updated++;
      this.products.set(sku, product);
    }
    return ledger;
  }

  /** Names with their number of products, in byte order. */
  counts(): { name: string; product_count: number }[] {
    const counts = new Map<string, number>();
    for (const { name } of this.products.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts]
      .map(([name, product_count]) => ({ name, product_count }))
      .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }
}
