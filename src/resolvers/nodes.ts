// Objects by a globally unique ID: that of a product is opaque, those of other objects are the UUIDs that they have anyway.

import type { Product } from '../db/catalogue/product.ts';
import type { ImportRecord } from '../db/imports/import-record.ts';
import type { ImportProfile } from '../db/sources/import-profile-store.ts';
import type { DataSourceRecord } from '../db/sources/source-rows.ts';
import { shorten } from '../shorten.ts';
import { badInput, checkId } from './bad-input.ts';
import type { Context } from './context.ts';
import { MAX_PAGE_SIZE } from './pagination.ts';

type Typed<Record, Name extends string> = Record & { __typename: Name };
type Node =
  | Typed<Product, 'Product'>
  | Typed<ImportRecord, 'Import'>
  | Typed<DataSourceRecord, 'DataSource'>
  | Typed<ImportProfile, 'ImportProfile'>;

type NodeKey = { sku: string } | { uuid: string };

const PRODUCT = 'Product:';
const SHOWN_LENGTH = 80;

export function productId(sku: string): string {
  return Buffer.from(PRODUCT + sku).toString('base64url');
}

/** @throws LoadstoneError BAD_USER_INPUT for too many */
export function checkNodeIds(ids: readonly string[]): readonly string[] {
  if (ids.length <= MAX_PAGE_SIZE) return ids;
  throw badInput(`\`ids\` has ${ids.length} IDs; the maximum is ${MAX_PAGE_SIZE}.`, 'ids', 'TOO_MANY');
}

/** In the order of the IDs: null for an object that does not exist, an error for what is not an ID. */
export async function nodesByIds(
  ids: readonly string[],
  { services }: Context,
): Promise<(Node | Error | null)[]> {
  const keys = ids.map(keyOf);
  const skus = new Set(keys.flatMap((key) => ('sku' in key ? [key.sku] : [])));
  const uuids = [...new Set(keys.flatMap((key) => ('uuid' in key ? [key.uuid] : [])))];
  const [products, imports, sources, profiles] = await Promise.all([
    services.products.getMany([...skus]),
    uuids.length === 0 ? [] : services.importStore.getMany(uuids),
    uuids.length === 0 ? [] : services.dataSources.getMany(uuids),
    uuids.length === 0 ? [] : services.profiles.getMany(uuids),
  ]);
  const bySku = new Map(products.map((each) => [each.sku, { ...each, __typename: 'Product' as const }]));
  // Clients choose the IDs of imports: one cannot take the place of a data source or a profile.
  const byUuid = new Map<string, Node>([
    ...imports.map((each) => [each.id, { ...each, __typename: 'Import' as const }] as const),
    ...profiles.map((each) => [each.id, { ...each, __typename: 'ImportProfile' as const }] as const),
    ...sources
      .filter(({ removedAt }) => removedAt === null)
      .map((each) => [each.id, { ...each, __typename: 'DataSource' as const }] as const),
  ]);
  return keys.map((key) => {
    if (key instanceof Error) return key;
    return ('sku' in key ? bySku.get(key.sku) : byUuid.get(key.uuid)) ?? null;
  });
}

function keyOf(id: string): NodeKey | Error {
  const text = Buffer.from(id, 'base64url').toString();
  // Decoding accepts much that encoding never yields.
  if (text.startsWith(PRODUCT) && productId(text.slice(PRODUCT.length)) === id) {
    return { sku: text.slice(PRODUCT.length) };
  }
  try {
    return { uuid: checkId('id', id) };
  } catch {
    return badInput(
      `"${shorten(id, SHOWN_LENGTH)}" is not an ID. Pass the \`id\` of an object as it was returned.`,
    );
  }
}
