// Data sources: setting them up, looking at them, having them checked.

import { randomUUID } from 'node:crypto';
import type { ImportRecord } from '../db/imports/import-store.ts';
import type { DataSourceRecord } from '../db/sources/source-rows.ts';
import { checkId } from './bad-input.ts';
import { type Connection, connectionOf, type PageArgs, pageOf, windowOf } from './connection.ts';
import type { Context } from './context.ts';
import { cursorsOf, keyText } from './cursor.ts';
import {
  type DataSourceInput,
  type NewDataSourceInput,
  readNewSource,
  readSourceChanges,
} from './data-source-input.ts';

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
  code: string;
  message: string;
}

/** A deletion that waits to be confirmed. */
export interface DataSourceDeletion {
  importId: string;
  products: number;
  of: number;
  skus: string[];
  isConfirmed: boolean;
}

const byName = cursorsOf('source', keyText);

export function addDataSource(
  { input }: { input: NewDataSourceInput },
  { services }: Context,
): Promise<DataSourceRecord> {
  const { setup, headers } = readNewSource(input, services.allowPrivateSources);
  return services.dataSources.add(randomUUID(), setup, headers);
}

export function updateDataSource(
  { id, input }: { id: string; input: DataSourceInput },
  { services }: Context,
): Promise<DataSourceRecord> {
  const changes = readSourceChanges(input, services.allowPrivateSources);
  return services.dataSources.update(checkId('id', id), changes);
}

export function removeDataSource({ id }: { id: string }, { services }: Context): Promise<DataSourceRecord> {
  return services.dataSources.remove(checkId('id', id));
}

export function syncDataSource({ id }: { id: string }, { services }: Context): Promise<DataSourceRecord> {
  return services.dataSources.checkNow(checkId('id', id));
}

export function pauseDataSource({ id }: { id: string }, { services }: Context): Promise<DataSourceRecord> {
  return services.dataSources.setPaused(checkId('id', id), true);
}

export function resumeDataSource({ id }: { id: string }, { services }: Context): Promise<DataSourceRecord> {
  return services.dataSources.setPaused(checkId('id', id), false);
}

export function confirmDataSourceDeletion(
  { id, importId }: { id: string; importId: string },
  { services }: Context,
): Promise<DataSourceRecord> {
  return services.dataSources.confirmDeletion(checkId('id', id), checkId('importId', importId));
}

export async function dataSourceById(
  { id }: { id: string },
  { services }: Context,
): Promise<DataSourceRecord | null> {
  return (await services.dataSources.get(checkId('id', id))) ?? null;
}

export async function dataSources(
  args: PageArgs,
  { services }: Context,
): Promise<Connection<DataSourceRecord>> {
  const window = windowOf(args, byName);
  const { limit, ...edges } = window;
  const found = await services.dataSources.list({ first: limit + 1, ...edges });
  return connectionOf(pageOf(found, window), ({ name }) => byName.encode(name));
}

/** The current state, then each newer one, of one source or of all. */
export function dataSourceChanged(
  { id }: { id?: string | null | undefined },
  { services, signal }: Context,
): AsyncIterable<DataSourceRecord> {
  return services.sourceFeed.watch(id ? checkId('id', id) : undefined, signal);
}

export function sourceState(record: DataSourceRecord): DataSourceState {
  if (record.removedAt !== null) return 'REMOVED';
  if (record.activity !== null) return record.activity;
  if (record.paused) return 'PAUSED';
  if (record.deletionImportId !== null && !record.deletionConfirmed) return 'CONFIRMATION_NEEDED';
  return record.failures > 0 ? 'FAILING' : 'IDLE';
}

export function sourceError({ errorCode, errorMessage }: DataSourceRecord): DataSourceError | null {
  return errorCode === null ? null : { code: errorCode, message: errorMessage ?? '' };
}

export function sourceHeaderNames({ id }: DataSourceRecord, { services }: Context): Promise<string[]> {
  return services.dataSources.headerNames(id);
}

export function sourceProductCount({ id }: DataSourceRecord, { services }: Context): Promise<number> {
  return services.dataSources.countProducts(id);
}

export async function sourceImport(id: string | null, { services }: Context): Promise<ImportRecord | null> {
  return id === null ? null : ((await services.importStore.get(id)) ?? null);
}

/** Products that its last import found gone and left, because rows of the file could not be read. */
export async function sourceHeldCount(
  { lastImportId }: DataSourceRecord,
  { services }: Context,
): Promise<number> {
  if (lastImportId === null) return 0;
  return (await services.dataSources.getImport(lastImportId))?.held ?? 0;
}

export async function sourceDeletion(
  { deletionImportId, deletionConfirmed }: DataSourceRecord,
  { services }: Context,
): Promise<DataSourceDeletion | null> {
  if (deletionImportId === null) return null;
  const refused = await services.dataSources.getImport(deletionImportId);
  if (!refused) return null;
  const { importId, refusedProducts, refusedOf, refusedSkus } = refused;
  const skus = refusedSkus ?? [];
  return {
    importId,
    products: refusedProducts ?? 0,
    of: refusedOf ?? 0,
    skus,
    isConfirmed: deletionConfirmed,
  };
}
