// The tables of a first load, all in the schema of staging. Their constraints have the names that those of the tables have
// which they replace.

import type postgres from 'postgres';
import {
  PRODUCT_COLUMNS,
  type StagedColumns,
  type Staging,
  stagingTable,
  supersededTable,
} from '../../imports/staging.ts';
import { isPlaced, placeByName, placeBySku } from '../../postgres/placement.ts';
import { STAGING_SCHEMA } from '../../postgres/schemas.ts';
import { transactionTime } from '../../postgres/sql/transaction-time.ts';
import { isLockTimeout } from '../../postgres/sqlstate.ts';
import { isReplaceable } from './replaceable-tables.ts';

/** A first load has a single partition. */
export const PARTITION = 0;
/** In the order in which all who use both lock them. */
export const CATALOGUE = ['products', 'product_name_counts'];
/**
 * How long others may hold a lock on the catalogue. Those who come after them wait as long. Autovacuum gives way to whoever
 * has waited for it for `deadlock_timeout`, which is a second by default.
 */
const LOCK_TIMEOUT = '1500ms';

/** The tables can no longer be replaced: somebody has inserted products, or changed a table. */
export class NotReplaceableError extends Error {}

/** Whether the tables cannot be replaced, for an error of whoever tried: they have changed, or others use them for too long. */
export function preventsReplacing(error: unknown): boolean {
  return error instanceof NotReplaceableError || isLockTimeout(error);
}

/**
 * Locks tables against all others, until the transaction ends.
 *
 * @throws an error with SQLSTATE 55P03 if others use them for too long
 */
export async function lockTables(tx: postgres.TransactionSql, tables: readonly string[]): Promise<void> {
  await tx.unsafe(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  await tx.unsafe(`LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`);
}

export interface StagedFirstLoad extends Staging, Pick<StagedColumns, 'withAttributes' | 'withRecord'> {}

export class FirstLoadTables {
  /** The staged rows. */
  readonly staged: string;
  /** Rows that a later row of the file supersedes. */
  readonly superseded: string;
  /** Becomes `product_name_counts`. */
  readonly counts: string;
  readonly #name: string;
  /** Of the table that becomes `products`. */
  readonly #productsName: string;
  readonly #withAttributes: boolean;

  constructor({ withAttributes, withRecord, ...staging }: StagedFirstLoad) {
    this.staged = stagingTable(staging, PARTITION);
    this.#name = `${staging.importId}_${staging.attempt}_${PARTITION}`;
    this.superseded = supersededTable(staging, PARTITION);
    this.counts = `${STAGING_SCHEMA}."${this.#name}_counts"`;
    // Records would stay in the table even after their column is dropped.
    this.#productsName = withRecord ? `${this.#name}_products` : this.#name;
    this.#withAttributes = withAttributes;
  }

  get createKey(): string {
    return `CREATE UNIQUE INDEX "${this.#name}_key" ON ${this.#products} (sku)`;
  }

  get #products(): string {
    return `${STAGING_SCHEMA}."${this.#productsName}"`;
  }

  get #isCopied(): boolean {
    return this.#productsName !== this.#name;
  }

  /** Copies the products into a table of their own if they are staged with more. Superseded rows must have been moved. */
  async copyProducts(tx: postgres.TransactionSql): Promise<void> {
    if (!this.#isCopied) return;
    const [column, value] = this.#withAttributes ? [', attributes jsonb', ', attributes'] : ['', ''];
    await tx.unsafe(`CREATE TABLE ${this.#products} (${PRODUCT_COLUMNS}${column})`);
    await placeBySku(tx, [this.#products]);
    await tx.unsafe(`
      INSERT INTO ${this.#products} (sku, name, description${value})
      SELECT sku, name, description${value} FROM ${this.staged}`);
  }

  /** Drops the counts that an attempt before has left. */
  async createCounts(tx: postgres.TransactionSql): Promise<void> {
    await tx.unsafe(`DROP TABLE IF EXISTS ${this.counts}`);
    await tx.unsafe(`
      CREATE TABLE ${this.counts} (
        name text COLLATE "C" CONSTRAINT product_name_counts_name_not_null NOT NULL,
        product_count bigint CONSTRAINT product_name_counts_product_count_not_null NOT NULL,
        CONSTRAINT product_name_counts_positive CHECK (product_count > 0)
      )`);
    await placeByName(tx, this.counts);
  }

  /**
   * On one node, names are counted where they are. On several, each is sent to the node that has its count: a table has them
   * until the staging is dropped.
   *
   * @returns the table, which is still empty; undefined on one node
   */
  async createNames(tx: postgres.TransactionSql): Promise<string | undefined> {
    if (!(await isPlaced(tx))) return undefined;
    const names = `${STAGING_SCHEMA}."${this.#name}_names"`;
    await tx.unsafe(`DROP TABLE IF EXISTS ${names}`);
    await tx.unsafe(`CREATE UNLOGGED TABLE ${names} (name text COLLATE "C")`);
    await placeByName(tx, names);
    return names;
  }

  async countNames(tx: postgres.TransactionSql, names: string | undefined): Promise<void> {
    if (names) await tx.unsafe(`INSERT INTO ${names} SELECT name FROM ${this.staged}`);
    await tx.unsafe(
      `INSERT INTO ${this.counts} SELECT name, count(*) FROM ${names ?? this.staged} GROUP BY name`,
    );
  }

  /** @returns how many names there are, and how many products have them */
  async counted(tx: postgres.TransactionSql): Promise<{ names: number; rows: number }> {
    const [counted] = await tx.unsafe<[{ names: number; rows: number }]>(
      `SELECT count(*) AS names, coalesce(sum(product_count), 0)::bigint AS rows FROM ${this.counts}`,
    );
    return counted;
  }

  async indexCounts(tx: postgres.TransactionSql): Promise<void> {
    await tx.unsafe(`CREATE UNIQUE INDEX "${this.#name}_counts_key" ON ${this.counts} (name)`);
    await tx.unsafe(`CREATE INDEX "${this.#name}_by_count" ON ${this.counts} (product_count DESC, name)`);
  }

  /**
   * Replaces the tables of the catalogue, as a change by the import with this number, and drops what is left of the staged
   * rows. Others wait until the transaction ends.
   *
   * @throws NotReplaceableError; an error with SQLSTATE 55P03 if others use the catalogue for too long
   */
  async replaceCatalogue(tx: postgres.TransactionSql, importNumber: number): Promise<void> {
    await lockTables(tx, CATALOGUE);
    if (!(await isReplaceable(tx))) throw new NotReplaceableError('the catalogue has changed');
    const [of] = await tx<{ schema: string }[]>`
      SELECT quote_ident(nspname) AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE pg_class.oid = 'products'::regclass`;
    const now = await transactionTime(tx);
    const move = (table: string, name: string) => [
      `ALTER TABLE ${STAGING_SCHEMA}."${table}" SET SCHEMA ${of?.schema}`,
      `ALTER TABLE ${of?.schema}."${table}" RENAME TO ${name}`,
    ];
    const products = `ALTER TABLE ${this.#products}`;
    const [gone, columns] = this.#isCopied ? [[this.staged], []] : [[], ['line', 'may_repeat']];
    const statements = [
      `DROP TABLE ${[...CATALOGUE, this.superseded, ...gone].join(', ')}`,
      ...columns.map((column) => `${products} DROP COLUMN ${column}`),
      `${products} ADD COLUMN updated_at timestamptz DEFAULT ${now} CONSTRAINT products_updated_at_not_null NOT NULL`,
      `${products} ALTER COLUMN updated_at SET DEFAULT now()`,
      `${products} ADD COLUMN changed_by integer DEFAULT ${importNumber} CONSTRAINT products_changed_by_not_null NOT NULL`,
      `${products} ALTER COLUMN changed_by SET DEFAULT 0`,
      `${products} ADD COLUMN IF NOT EXISTS attributes jsonb`,
      `${products} ADD CONSTRAINT products_pkey PRIMARY KEY USING INDEX "${this.#name}_key"`,
      `${products} RESET (autovacuum_enabled)`,
      `ALTER TABLE ${this.counts}
        ADD CONSTRAINT product_name_counts_pkey PRIMARY KEY USING INDEX "${this.#name}_counts_key"`,
      `ALTER INDEX ${STAGING_SCHEMA}."${this.#name}_by_count" RENAME TO product_name_counts_by_count`,
      ...move(this.#productsName, 'products'),
      ...move(`${this.#name}_counts`, 'product_name_counts'),
    ];
    // One by one, as a cluster executes them; sent together, as others wait meanwhile.
    await Promise.all(statements.map((statement) => tx.unsafe(statement)));
  }
}
