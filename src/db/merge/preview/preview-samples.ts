// Some rows of each kind, to be shown with the values that they have and would have.

import type postgres from 'postgres';
import type { PreviewedProduct, PreviewSample, PreviewSampleKind } from '../../tables.ts';
import { attributesAfter } from '../row-changes.ts';
import type { StagedPartition } from '../staged-comparison.ts';
import { winningLine } from '../superseded-issues.ts';
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
  const first = (kind: PreviewSampleKind, from: string) =>
    `(SELECT '${kind}' AS kind, id, winning_line FROM ${from} ORDER BY line LIMIT ${SHOWN})`;
  const ofOutcome = (outcome: string) =>
    `(SELECT id, line, NULL::bigint AS winning_line FROM preview_changes WHERE outcome = '${outcome}') changes`;
  const superseded = `(
    SELECT id, line, ${winningLine(rows.winner)} AS winning_line FROM preview_changes WHERE outcome = 'SUPERSEDED'
  ) changes`;
  const has = rows.withAttributes;
  // The attributes that a superseded row would set are its own.
  const attributes = has ? attributesAfter(rows, 'products', 'staged') : 'products.attributes';
  return tx.unsafe<SampleRow[]>(`
    WITH sampled AS MATERIALIZED (
      ${first('INSERTED', ofOutcome('NEW'))}
      UNION ALL ${first('UPDATED', ofOutcome('CHANGED'))}
      UNION ALL ${first('SUPERSEDED', superseded)}
    )
    SELECT kind, staged.line, staged.sku, winning_line AS "winningLine",
      CASE WHEN kind = 'UPDATED' THEN ${shown('products', 'products.attributes')} END AS before,
      ${shown('staged', attributes)} AS after
    FROM sampled JOIN ${staged} staged ON staged.ctid = sampled.id
    LEFT JOIN LATERAL (
      SELECT name, description, attributes FROM products WHERE kind = 'UPDATED' AND products.sku = staged.sku
    ) products ON true`);
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
      SELECT '${kind}' AS kind, line, sku, NULL AS "winningLine", NULL AS before,
        ${shown('staged', rows.withAttributes ? 'staged.attributes' : 'NULL::jsonb')} AS after
      FROM ${staged} staged WHERE ${IS_OTHER} LIMIT ${SHOWN}`);
  }
  // Also in attributes that the file does not speak of, products stay as they are.
  return tx.unsafe<SampleRow[]>(`
    SELECT '${kind}' AS kind, line, staged.sku, NULL AS "winningLine", product AS before, product AS after
    FROM (SELECT line, sku FROM ${staged} staged WHERE ${IS_OTHER} LIMIT ${SHOWN}) staged
    CROSS JOIN LATERAL (
      SELECT ${shown('products', 'products.attributes')} AS product FROM products WHERE products.sku = staged.sku
    ) products`);
}

const IS_OTHER = 'NOT EXISTS (SELECT FROM preview_changes WHERE preview_changes.line = staged.line)';

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

/** @returns the expression for a `PreviewedProduct` */
function shown(row: string, attributes: string): string {
  return `(
    SELECT json_build_object(
      'name', ${row}.name,
      'description', left(${row}.description, ${DESCRIPTION_CHARACTERS}),
      'attributes', coalesce(json_object_agg(key, left(value, ${ATTRIBUTE_CHARACTERS})) FILTER (WHERE key IS NOT NULL), '{}'),
      'isCut', length(${row}.description) > ${DESCRIPTION_CHARACTERS}
        OR coalesce(bool_or(length(value) > ${ATTRIBUTE_CHARACTERS}), false)
    )
    FROM (SELECT) AS one LEFT JOIN jsonb_each_text(${attributes}) ON true
  )`;
}
