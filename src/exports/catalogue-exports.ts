// Exports of the catalogue as CSV. A bounded number of them runs at a time, as each has a connection and a snapshot.

import { stringify } from 'csv-stringify/sync';
import {
  CHANGE_COLUMNS,
  exportChanges,
  exportCounts,
  exportProducts,
  type TakeRows,
} from '../db/catalogue/catalogue-export.ts';
import type { ProductCountFilter, ProductCountOrder } from '../db/catalogue/counts/count-pages.ts';
import type { ProductFilter } from '../db/catalogue/search/product-filter.ts';
import type { Database } from '../db/postgres/connection/database.ts';
import type { ChangeKind } from '../db/tables.ts';
import { LoadstoneError } from '../errors.ts';
import { exportColumns } from '../ingest/read/header/export-columns.ts';
import { MAX_HEADER_BYTES } from '../ingest/read/header/header.ts';

/** Takes the header, a record with its line ending, and the rows, at its own speed. */
export type TakeCsv = (header: string, rows: AsyncIterable<Buffer>) => Promise<void>;

/** More than enough to keep the database busy. */
const MAX_RUNNING = 4;
/** Postgres has a limit of 1,664 columns. */
const MAX_ATTRIBUTES = 1600;

export class CatalogueExports {
  readonly #database: Database;
  readonly #maxRunning: number;
  #running = 0;

  constructor(database: Database, maxRunning = MAX_RUNNING) {
    this.#database = database;
    this.#maxRunning = maxRunning;
  }

  /**
   * Exports products, each with its attributes.
   *
   * @param attributes names of attributes; default: those that the products have
   * @throws LoadstoneError TOO_MANY_EXPORTS, TOO_MANY_ATTRIBUTES; an error of `take`
   */
  async products(
    filter: ProductFilter,
    attributes: readonly string[] | undefined,
    take: TakeCsv,
    signal: AbortSignal,
  ): Promise<void> {
    let header = '';
    const columnsOf = (content: { attributes: string[]; hasHeaderLike: boolean }) => {
      if (content.attributes.length > MAX_ATTRIBUTES) throw tooManyAttributes();
      const chosen = exportColumns(content.attributes, content.hasHeaderLike);
      header = recordOf(chosen.header);
      if (Buffer.byteLength(header) > MAX_HEADER_BYTES) throw tooManyAttributes();
      return chosen.columns;
    };
    const wanted = { filter, attributes, maxAttributes: MAX_ATTRIBUTES, columnsOf };
    const takeRows: TakeRows = (rows) => take(header, rows);
    await this.#run(() => exportProducts(this.#database, wanted, takeRows, signal));
  }

  /** @throws LoadstoneError TOO_MANY_EXPORTS; an error of `take` */
  async counts(
    filter: ProductCountFilter,
    orderBy: ProductCountOrder,
    take: TakeCsv,
    signal: AbortSignal,
  ): Promise<void> {
    const takeRows: TakeRows = (rows) => take(recordOf(['name', 'product_count']), rows);
    await this.#run(() => exportCounts(this.#database, { filter, orderBy }, takeRows, signal));
  }

  /**
   * Exports what an import changed.
   *
   * @param kind of the changes; undefined: all
   * @throws LoadstoneError TOO_MANY_EXPORTS; an error of `take`
   */
  async changes(
    importNumber: number,
    kind: ChangeKind | undefined,
    take: TakeCsv,
    signal: AbortSignal,
  ): Promise<void> {
    const takeRows: TakeRows = (rows) => take(recordOf(CHANGE_COLUMNS), rows);
    await this.#run(() => exportChanges(this.#database, { importNumber, kind }, takeRows, signal));
  }

  async #run(work: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#maxRunning) throw tooManyExports(this.#maxRunning);
    this.#running++;
    try {
      await work();
    } finally {
      this.#running--;
    }
  }
}

/** Line breaks of any kind are quoted. */
function recordOf(values: readonly string[]): string {
  return stringify([[...values]], { quoted_match: /[\r\n]|^\s|\s$/ });
}

function tooManyExports(count: number): LoadstoneError {
  const message = `${count} exports are running, as many as the server runs at a time. Try again when one of them has ended.`;
  return new LoadstoneError('TOO_MANY_EXPORTS', message);
}

function tooManyAttributes(): LoadstoneError {
  const message = `The products have more attributes than fit into one file: ${MAX_ATTRIBUTES}, with a header of ${MAX_HEADER_BYTES / 1024} KiB. Name those to export in \`attributes\`, and export the others to another file. Each file can be imported by itself.`;
  return new LoadstoneError('TOO_MANY_ATTRIBUTES', message);
}
