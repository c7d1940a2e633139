// The addresses of downloads of the catalogue as CSV.

import type { ProductCountOrder } from '../../db/catalogue/counts/count-pages.ts';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { ChangeKind } from '../../db/tables.ts';
import { withoutNulls } from '../bad-input.ts';
import type { CountedConnection } from '../pagination.ts';
import type { ProductCountFilterInput } from './product-count-filter.ts';
import type { ProductFilterInput } from './product-filter.ts';

export interface ExportOptions {
  /** Whether the file is compressed. */
  gzip?: boolean | null | undefined;
  /** Whether the file begins with a byte order mark. */
  bom?: boolean | null | undefined;
}

export interface ProductExportOptions extends ExportOptions {
  attributes?: string[] | null | undefined;
}

/** A connection whose whole list can be downloaded. */
export interface ExportedConnection<Node> extends CountedConnection<Node> {
  exportUrl(options: ExportOptions): string;
}

export function productExportUrl(
  filter: ProductFilterInput | null | undefined,
  { attributes, ...options }: ProductExportOptions,
  baseUrl: string,
): string {
  return addressOf(`${baseUrl}/products.csv`, options, {
    filter: jsonOf(withoutNulls(filter)),
    attributes: attributes && JSON.stringify(attributes),
  });
}

export function countExportUrl(
  filter: ProductCountFilterInput | null | undefined,
  orderBy: ProductCountOrder,
  options: ExportOptions,
  baseUrl: string,
): string {
  return addressOf(`${baseUrl}/names.csv`, options, {
    filter: jsonOf(withoutNulls(filter)),
    orderBy,
  });
}

export function changesUrl(
  { id }: ImportRecord,
  { kind, ...options }: ExportOptions & { kind?: ChangeKind | null | undefined },
  baseUrl: string,
): string {
  return addressOf(`${baseUrl}/imports/${id}/changes.csv`, options, { kind });
}

function addressOf(
  address: string,
  { gzip, bom }: ExportOptions,
  parameters: Record<string, string | null | undefined>,
): string {
  const given = Object.entries({ ...parameters, bom: bom ? 'true' : null }).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, value]],
  );
  const query = String(new URLSearchParams(given));
  return `${address}${gzip ? '.gz' : ''}${query && `?${query}`}`;
}

function jsonOf(filter: object): string | undefined {
  return Object.keys(filter).length === 0 ? undefined : JSON.stringify(filter);
}
