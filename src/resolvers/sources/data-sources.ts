// Data sources: their pages, and the fields that are derived from a record or loaded for many records at once.

import { type ErrorCode, errorCodeOf } from '../../codes/error-codes.ts';
import type { DataSourceImport } from '../../db/sources/data-source-store.ts';
import type { DataSourceRecord } from '../../db/sources/source-rows.ts';
import type { Context } from '../context.ts';
import { cursorsOf, keyText } from '../cursor.ts';
import { type CountedConnection, connectionOf, type PageArgs, pageOf, windowOf } from '../pagination.ts';

export type DataSourceState =
  | 'IDLE'
  | 'CHECKING'
  | 'FETCHING'
  | 'IMPORTING'
  | 'FAILING'
  | 'CONFIRMATION_NEEDED'
  | 'PAUSED'
  | 'REMOVED';

export interface DataSourceError {
  code: ErrorCode;
  message: string;
}

/** A deletion that waits to be confirmed, or that was confirmed and is about to happen. */
export interface DataSourceDeletion {
  importId: string;
  products: number;
  of: number;
  skus: string[];
  isConfirmed: boolean;
}

const byName = cursorsOf('source', keyText);

export async function dataSources(
  args: PageArgs,
  { services }: Context,
): Promise<CountedConnection<DataSourceRecord>> {
  const window = windowOf(args, byName);
  const { limit, ...bounds } = window;
  const found = await services.dataSources.list({ first: limit + 1, ...bounds });
  return {
    ...connectionOf(pageOf(found, window), ({ name }) => byName.encode(name)),
    totalCount: () => services.dataSources.count(),
  };
}

export function sourceState(record: DataSourceRecord): DataSourceState {
  if (record.removedAt !== null) return 'REMOVED';
  if (record.activity !== null) return record.activity;
  if (record.paused) return 'PAUSED';
  if (record.deletionImportId !== null && !record.deletionConfirmed) return 'CONFIRMATION_NEEDED';
  return record.failures > 0 ? 'FAILING' : 'IDLE';
}

export function sourceError({ errorCode, errorMessage }: DataSourceRecord): DataSourceError | null {
  return errorCode === null ? null : { code: errorCodeOf(errorCode), message: errorMessage ?? '' };
}

/** The number of products that the last import of each source did not find and kept because of unreadable rows. */
export async function heldProductCounts(
  records: readonly DataSourceRecord[],
  context: Context,
): Promise<number[]> {
  const imports = await sourceImports(
    records.map(({ lastImportId }) => lastImportId),
    context,
  );
  return imports.map((found) => found?.held ?? 0);
}

/** The deletion of each source that waits to be confirmed; null where there is none. */
export async function sourceDeletions(
  records: readonly DataSourceRecord[],
  context: Context,
): Promise<(DataSourceDeletion | null)[]> {
  const imports = await sourceImports(
    records.map(({ deletionImportId }) => deletionImportId),
    context,
  );
  return records.map(({ deletionConfirmed }, index) => {
    const refused = imports[index];
    if (!refused) return null;
    const { importId, refusedProducts, refusedOf, refusedSkus } = refused;
    return {
      importId,
      products: refusedProducts ?? 0,
      of: refusedOf ?? 0,
      skus: refusedSkus ?? [],
      isConfirmed: deletionConfirmed,
    };
  });
}

/** In the order of the ids. */
async function sourceImports(
  ids: readonly (string | null)[],
  { services }: Context,
): Promise<(DataSourceImport | undefined)[]> {
  const wanted = ids.filter((id) => id !== null);
  const found = wanted.length === 0 ? [] : await services.dataSources.getImports(wanted);
  const byId = new Map(found.map((each) => [each.importId, each]));
  return ids.map((id) => (id === null ? undefined : byId.get(id)));
}
