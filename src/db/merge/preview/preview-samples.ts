// Some rows of each kind, to be shown with the values that they have and would have.

import type postgres from 'postgres';
import { supersededTable } from '../../imports/staging.ts';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';
import type { PreviewedProduct, PreviewSample, PreviewSampleKind } from '../../tables.ts';
import { attributesAfter } from '../staged/row-changes.ts';
import type { StagedPartition } from '../staged/staged-comparison.ts';
import { winningLine } from '../superseded/superseded-issues.ts';
import { SHOWN } from './preview-setup.ts';

/** How many characters are shown of a description, and of an attribute. */
const DESCRIPTION_CHARACTERS = 10_000;
const ATTRIBUTE_CHARACTERS = 1000;
/** Of the samples of one kind: fewer are kept if they are longer. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

interface SampleRow {
  kind: PreviewSampleKind;
  line: number;
  sku: string;
  winningLine: number | null;
  before: PreviewedProduct | null;
  after: PreviewedProduct;
}

/** Samples of the rows in `preview_changes`. */
export async function sampleChanges(
  tx: postgres.TransactionSql,
  staged: string,
  rows: StagedPartition,
): Promise<PreviewSample[]> {
  const first = (kind: PreviewSampleKind, outcome: string) =>
    `(SELECT '${kind}' AS kind, id::text, line FROM preview_changes WHERE outcome = '${outcome}' ORDER BY line LIMIT ${SHOWN})`;
  const sampled = await tx.unsafe<SampledLine[]>(
    `${first('INSERTED', 'NEW')} UNION ALL ${first('UPDATED', 'CHANGED')}`,
  );
  const attributes = rows.withAttributes
    ? attributesAfter(rows, 'products', 'staged')
    : 'products.attributes';
  const ids = sampled.map(({ id }) => quoteLiteral(id)).join(', ');
  const updated = sampled.filter(({ kind }) => kind === 'UPDATED').map(({ line }) => line);
  // Rows of several nodes may have the same id. What is shown of them is made when they are here.
  const found = await tx.unsafe<Omit<SampleRow, 'kind' | 'winningLine'>[]>(`
    WITH found AS MATERIALIZED (
      SELECT rows.*, products.sku AS old_sku, products.name AS old_name, products.description AS old_description,
        products.attributes AS old_attributes
      FROM ${staged} rows
      LEFT JOIN products ON products.sku = rows.sku AND rows.line = ANY (ARRAY[${updated.join(', ')}]::bigint[])
      WHERE rows.ctid = ANY (ARRAY[${ids}]::tid[]) AND rows.line = ANY (ARRAY[${sampled.map(({ line }) => line).join(', ')}]::bigint[])
    )
    SELECT staged.line, staged.sku,
      CASE WHEN old_sku IS NOT NULL THEN ${shown('products', 'products.attributes')} END AS before,
      ${shown('staged', attributes)} AS after
    FROM found staged CROSS JOIN LATERAL (
      SELECT old_name AS name, old_description AS description, old_attributes AS attributes
    ) products`);
  const byLine = new Map(sampled.map((each) => [each.line, each]));
  return found.flatMap((row) => {
    const { kind } = byLine.get(row.line) ?? {};
    return kind ? [{ ...row, kind, winningLine: null }] : [];
  });
}

interface SampledLine {
  kind: PreviewSampleKind;
  id: string;
  line: number;
}

/** Samples of the superseded rows. The attributes that one would set are its own. */
export async function sampleSuperseded(
  tx: postgres.TransactionSql,
  rows: StagedPartition,
): Promise<PreviewSample[]> {
  return tx.unsafe<SampleRow[]>(`
    WITH found AS MATERIALIZED (
      SELECT * FROM (
        SELECT *, ${winningLine(rows.winner)} AS winning_line FROM ${supersededTable(rows, rows.partition)}
      ) superseded
      ORDER BY line LIMIT ${SHOWN}
    )
    SELECT 'SUPERSEDED' AS kind, line, sku, winning_line AS "winningLine", NULL AS before, ${shownAsNew(rows)} AS after
    FROM found staged`);
}

/**
 * Samples of the rows that are not in `preview_changes`.
 *
 * @param kind of all of them
 */
export async function sampleOthers(
  tx: postgres.TransactionSql,
  staged: string,
  rows: StagedPartition,
  kind: 'INSERTED' | 'UNCHANGED',
): Promise<PreviewSample[]> {
  if (kind === 'INSERTED') {
    return tx.unsafe<SampleRow[]>(`
      WITH ${KNOWN}, found AS MATERIALIZED (
        SELECT * FROM ${staged} staged WHERE ${IS_OTHER} LIMIT ${SHOWN}
      )
      SELECT '${kind}' AS kind, line, sku, NULL AS "winningLine", NULL AS before,
        ${shownAsNew(rows)} AS after
      FROM found staged`);
  }
  // Also in attributes that the file does not speak of, products stay as they are.
  const others = await tx.unsafe<{ line: number; sku: string }[]>(`
    WITH ${KNOWN}
    SELECT line, sku FROM ${staged} staged WHERE ${IS_OTHER} LIMIT ${SHOWN}`);
  const skus = others.map(({ sku }) => quoteLiteral(sku)).join(', ');
  const products = await tx.unsafe<{ sku: string; product: PreviewedProduct }[]>(`
    WITH found AS MATERIALIZED (
      SELECT sku, name, description, attributes FROM products WHERE sku = ANY (ARRAY[${skus}]::text[])
    )
    SELECT sku, ${shown('products', 'products.attributes')} AS product FROM found products`);
  const bySku = new Map(products.map(({ sku, product }) => [sku, product]));
  return others.flatMap(({ line, sku }) => {
    const product = bySku.get(sku);
    return product ? [{ kind, line, sku, winningLine: null, before: product, after: product }] : [];
  });
}

const KNOWN = 'known AS MATERIALIZED (SELECT line FROM preview_changes)';
const IS_OTHER = 'NOT EXISTS (SELECT 1 FROM known WHERE known.line = staged.line)';

/** The first ones of each kind, in the order of lines. */
export function firstSamples(samples: readonly PreviewSample[]): PreviewSample[] {
  const byKind = Map.groupBy(
    samples.toSorted((a, b) => a.line - b.line),
    ({ kind }) => kind,
  );
  return [...byKind.values()].flatMap(first).toSorted((a, b) => a.line - b.line);
}

function first(samples: readonly PreviewSample[]): PreviewSample[] {
  let left = MAX_CHARACTERS;
  const kept: PreviewSample[] = [];
  for (const sample of samples) {
    const characters = JSON.stringify(sample).length;
    if (characters > left) continue;
    left -= characters;
    kept.push(sample);
    if (kept.length === SHOWN) break;
  }
  return kept;
}

/** @returns the expression for the product that a staged row would be */
function shownAsNew({ withAttributes }: StagedPartition): string {
  return shown('staged', withAttributes ? 'staged.attributes' : 'NULL::jsonb');
}

/** @returns the expression for a `PreviewedProduct` */
function shown(row: string, attributes: string): string {
  const each = `FROM jsonb_each_text(${attributes}) AS each (key, value)`;
  return `json_build_object(
      'name', ${row}.name,
      'description', left(${row}.description, ${DESCRIPTION_CHARACTERS}),
      'attributes', coalesce((SELECT json_object_agg(key, left(value, ${ATTRIBUTE_CHARACTERS})) ${each}), '{}'),
      'isCut', length(${row}.description) > ${DESCRIPTION_CHARACTERS}
        OR coalesce((SELECT bool_or(length(value) > ${ATTRIBUTE_CHARACTERS}) ${each}), false)
    )`;
}
