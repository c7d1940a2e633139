// Writes a slice of the differences that `compareStaged` has found, in the transaction of its caller.

import type postgres from 'postgres';
import { inSpan } from '../../../telemetry/tracing.ts';
import { nextVersion } from '../../catalogue/product-version.ts';
import { transactionTime } from '../../postgres/sql/transaction-time.ts';
import { changeClaims } from '../claims/source-claims.ts';
import { allowOnly } from '../join-method.ts';
import { moveCounts } from '../slices/move-counts.ts';
import { nextChangeId, noteInsertions, noteUpdates } from '../slices/note-changes.ts';
import { inSlice, rowsOf, type Slice, type WrittenSlice } from '../slices/slice.ts';
import type { LockedAt } from '../slices/slice-size.ts';
import type { PartitionMerge } from './compare-staged.ts';
import { changeTo, rowDiffers } from './row-changes.ts';

type SliceMerge = Pick<PartitionMerge, 'importNumber' | 'keptColumns' | 'firstLoad' | 'claims'>;

/** Each time, somebody has changed one of the products between two statements. */
const MAX_COMPARISONS = 100;

export async function mergeSlice(
  tx: postgres.TransactionSql,
  slice: Slice,
  merge: SliceMerge,
): Promise<WrittenSlice> {
  // A slice is small.
  await tx.unsafe(allowOnly('LOOKUP'));
  const writer = await SliceWriter.begin(tx, slice, merge);
  const lockedAt: LockedAt = { products: performance.now() };
  let found = await countOutcomes(tx, slice);
  const { rows, last } = found;
  const written = { inserted: 0, updated: 0, deleted: 0, kept: 0, rows, last: last ?? undefined, lockedAt };
  if (!last) return written;
  for (let comparisons = 0; ; ) {
    if (found.added > 0) written.inserted += await inSpan('insert products', {}, () => writer.insertNew());
    if (found.changed > 0) {
      written.updated += await inSpan('update products', {}, () => writer.updateAsCompared());
    }
    if (written.inserted + written.updated >= found.added + found.changed) break;
    // Others have created, changed or deleted products since the comparison.
    if (++comparisons > MAX_COMPARISONS) throw new Error('the products of a slice never stay as compared');
    await inSpan('compare what others changed', {}, () => writer.compareAgain());
    found = await countOutcomes(tx, slice);
  }
  await inSpan('note changes', {}, () => writer.note(found));
  const { claims } = merge;
  const all = rowsOf(slice, ['NEW', 'CHANGED', 'SAME', 'CLAIM']);
  if (claims) await inSpan('change claims', {}, () => changeClaims(tx, claims, all));
  await inSpan('write name counts', {}, () => moveCounts(tx, slice, lockedAt));
  return written;
}

interface Outcomes {
  rows: number;
  added: number;
  changed: number;
  last: string | null;
}

async function countOutcomes(tx: postgres.TransactionSql, slice: Slice): Promise<Outcomes> {
  const [found] = await tx.unsafe<[Outcomes]>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE outcome = 'NEW') AS added,
      count(*) FILTER (WHERE outcome = 'CHANGED') AS changed, max(sku) AS last
    FROM ${rowsOf(slice, ['NEW', 'CHANGED', 'SAME', 'CLAIM'])} slice`,
  );
  return found;
}

/** Its statements join rows by SKU alone, so each can be executed where the rows are. */
class SliceWriter {
  readonly #tx: postgres.TransactionSql;
  readonly #slice: Slice;
  readonly #merge: SliceMerge;
  /** The time of the transaction, as a literal. */
  readonly #now: string;

  private constructor(tx: postgres.TransactionSql, slice: Slice, merge: SliceMerge, now: string) {
    this.#tx = tx;
    this.#slice = slice;
    this.#merge = merge;
    this.#now = now;
  }

  static async begin(tx: postgres.TransactionSql, slice: Slice, merge: SliceMerge): Promise<SliceWriter> {
    return new SliceWriter(tx, slice, merge, await transactionTime(tx));
  }

  /** In the order of SKU, in which the primary key's index is built fastest. Leaves existing products alone. */
  async insertNew(): Promise<number> {
    const { importNumber, keptColumns } = this.#merge;
    const attributes = keptColumns.length > 0 ? ', attributes' : '';
    return this.#write(`
      INSERT INTO products (sku, name, description, updated_at, changed_by${attributes})
      SELECT sku, name, description, ${this.#now}, ${importNumber}${attributes}
      FROM ${this.#slice.changes} new WHERE ${inSlice(this.#slice, ['NEW'])}
      ORDER BY sku
      ON CONFLICT (sku) DO NOTHING`);
  }

  /** Leaves products alone that somebody has changed since they were compared: their old version is another one. */
  async updateAsCompared(): Promise<number> {
    const { importNumber } = this.#merge;
    return this.#write(`
      UPDATE products
      SET ${changeTo(this.#merge, 'new')}, updated_at = ${nextVersion('products.updated_at', this.#now)}, changed_by = ${importNumber}
      FROM ${this.#slice.changes} new
      WHERE ${inSlice(this.#slice, ['CHANGED'])} AND products.sku = new.sku
        AND products.updated_at = new.old_updated_at AND products.name = new.old_name AND ${rowDiffers(this.#merge, 'new')}`);
  }

  /** Compares rows that are not written with the products as they are now. */
  async compareAgain(): Promise<void> {
    const isOwn = `products.changed_by = ${this.#merge.importNumber}
      AND products.updated_at IS DISTINCT FROM new.old_updated_at`;
    await this.#write(`
      UPDATE ${this.#slice.changes} new
      SET outcome = CASE WHEN ${rowDiffers(this.#merge, 'new')} THEN 'CHANGED' ELSE 'SAME' END,
        old_name = products.name, old_description = products.description, old_updated_at = products.updated_at,
        old_changed_by = products.changed_by, old_attributes = products.attributes
      FROM products
      WHERE ${inSlice(this.#slice, ['NEW', 'CHANGED'])} AND products.sku = new.sku AND NOT (${isOwn})`);
    await this.#write(`
      UPDATE ${this.#slice.changes} new SET outcome = 'NEW'
      WHERE ${inSlice(this.#slice, ['CHANGED'])} AND NOT EXISTS (SELECT 1 FROM products WHERE products.sku = new.sku)`);
  }

  async note({ added, changed }: Outcomes): Promise<void> {
    const { importNumber, firstLoad } = this.#merge;
    const rows = (outcome: string) => `${this.#slice.changes} new WHERE ${inSlice(this.#slice, [outcome])}`;
    const noted = firstLoad ? 0 : added;
    if (noted + changed === 0) return;
    const note = { id: await nextChangeId(this.#tx), importNumber };
    if (noted > 0) await this.#write(noteInsertions({ ...note, changedAt: this.#now }, rows('NEW')));
    const version = nextVersion('new.old_updated_at', this.#now);
    if (changed > 0) await this.#write(noteUpdates({ ...note, changedAt: version }, rows('CHANGED')));
  }

  async #write(statement: string): Promise<number> {
    return (await this.#tx.unsafe(statement)).count;
  }
}
