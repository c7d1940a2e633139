// Which products a filter matches, as conditions on the columns of `products`.

import type postgres from 'postgres';
import { prefixUpperBound } from '../../postgres/collation.ts';
import { allOf, anyOf } from '../../postgres/sql/keyset.ts';
import { contains, hasPart } from '../names/name-substring-search.ts';

/** All conditions must match. */
export interface ProductFilter {
  /** The exact name. */
  name?: string | undefined;
  /** The beginning of the SKU. Case-sensitive. */
  skuPrefix?: string | undefined;
  /** Text anywhere in the SKU. Case-insensitive. */
  skuContains?: string | undefined;
  /** Text anywhere in the name. Case-insensitive. */
  nameContains?: string | undefined;
  /** The beginning of the SKU (case-sensitive), or text anywhere in the name (case-insensitive). */
  search?: string | undefined;
  /** Texts, each of which is anywhere in the SKU or in the name. Case-insensitive. */
  words?: readonly string[] | undefined;
  /** Whether each of the words may be in the description instead. */
  inDescription?: boolean | undefined;
  /** An attribute and its exact value. */
  attribute?: { name: string; value: string } | undefined;
}

/** A text, and where a product may have it. */
export interface Term {
  text: string;
  inName: boolean;
  /** PART: anywhere, case-insensitive. PREFIX: at the beginning, case-sensitive. */
  inSku?: 'PART' | 'PREFIX';
  inDescription?: boolean;
}

/** What the filter looks for by parts. */
export function termsOf(filter: ProductFilter): Term[] {
  const { nameContains, skuContains, search, words = [], inDescription = false } = filter;
  return [
    ...(skuContains === undefined ? [] : [{ text: skuContains, inName: false, inSku: 'PART' as const }]),
    ...(nameContains === undefined ? [] : [{ text: nameContains, inName: true }]),
    ...(search === undefined ? [] : [{ text: search, inName: true, inSku: 'PREFIX' as const }]),
    ...words.map((text) => ({ text, inName: true, inSku: 'PART' as const, inDescription })),
  ];
}

export function filterConditions(sql: postgres.ISql, filter: ProductFilter): postgres.Fragment[] {
  const { name, skuPrefix, attribute } = filter;
  return [
    ...(attribute === undefined ? [] : [hasAttribute(sql, attribute)]),
    ...(name === undefined ? [] : [sql`name = ${name}`]),
    ...skuConditions(sql, skuPrefix),
    ...termsOf(filter).map((term) => hasTerm(sql, term)),
  ];
}

function hasTerm(sql: postgres.ISql, { text, inName, inSku, inDescription }: Term): postgres.Fragment {
  const places = [
    ...(inName ? [hasPart(sql, text)] : []),
    ...(inSku === 'PREFIX' ? [allOf(sql, skuConditions(sql, text))] : []),
    ...(inSku === 'PART' ? [contains(sql, sql`sku`, text)] : []),
    ...(inDescription ? [contains(sql, sql`description`, text)] : []),
  ];
  return anyOf(sql, places);
}

export function skuConditions(sql: postgres.ISql, prefix: string | undefined): postgres.Fragment[] {
  if (prefix === undefined) return [];
  const end = prefixUpperBound(prefix);
  return [sql`sku >= ${prefix}`, ...(end === undefined ? [] : [sql`sku < ${end}`])];
}

export function hasAttribute(
  sql: postgres.ISql,
  { name, value }: NonNullable<ProductFilter['attribute']>,
): postgres.Fragment {
  return sql`attributes @> jsonb_build_object(${name}::text, ${value}::text)`;
}
