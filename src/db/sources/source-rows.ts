// Rows of `data_sources`: every write raises their revision and announces them, in the statement that writes.

import { getTableColumns, sql as raw } from 'drizzle-orm';
import { dataSources } from '../tables.ts';

/** A row of `data_sources`, which has no credentials. */
export type DataSourceRecord = typeof dataSources.$inferSelect;

/** The channel of notifications about sources, as `LiveFeed` reads them. */
export const SOURCE_CHANNEL = 'loadstone_source_state';
/** The channel on which the process that watches the sources is sent the id of each that a client changed. */
export const SOURCE_ORDER_CHANNEL = 'loadstone_source_order';

const COLUMNS = getTableColumns(dataSources);

/** What every write sets besides what it is about. */
export const WRITTEN = {
  stateRevision: raw`${dataSources.stateRevision} + 1` as unknown as number,
  updatedAt: raw`now()` as unknown as Date,
};

/** For RETURNING: the row, which is thereby announced. Subscribers hear of it when the transaction commits. */
export const ANNOUNCED = {
  ...COLUMNS,
  notice: raw<unknown>`pg_notify(${SOURCE_CHANNEL}, concat(${dataSources.id}, ':', ${dataSources.stateRevision}))`,
};

/** The same for a write of a client, which the process that watches the sources hears of too. */
export const ORDERED = {
  ...ANNOUNCED,
  order: raw<unknown>`pg_notify(${SOURCE_ORDER_CHANNEL}, ${dataSources.id}::text)`,
};

export type WrittenListener = (record: DataSourceRecord) => void;

/** @param returned a row as `ANNOUNCED` or `ORDERED` has it */
export function recordOf(
  returned: DataSourceRecord & { notice: unknown; order?: unknown },
): DataSourceRecord {
  const { notice: _notice, order: _order, ...record } = returned;
  return record;
}

/** @param row of a statement that is not Drizzle's, with the names of the columns */
export function recordFrom(row: Record<string, unknown>): DataSourceRecord {
  const fields = Object.entries(COLUMNS).map(([field, { name }]) => [field, row[name]]);
  return Object.fromEntries(fields) as DataSourceRecord;
}
