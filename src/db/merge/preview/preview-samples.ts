// Some rows of each kind, to be shown with the values that they have and would have.

import type postgres from 'postgres';
import type { PreviewSample, PreviewSampleKind } from '../../tables.ts';
import { type Winner, winningLine } from '../superseded-issues.ts';
import { SHOWN, SHOWN_CHARACTERS } from './preview-setup.ts';

interface SampleRow {
  kind: PreviewSampleKind;
  line: number;
  sku: string;
  name: string;
  description: string;
  oldName: string | null;
  oldDescription: string | null;
  winningLine: number | null;
}

/**
 * Samples of the rows in `preview_changes`.
 *
 * @param staged a table
 */
export async function sampleChanges(
  tx: postgres.TransactionSql,
  staged: string,
  winner: Winner,
): Promise<PreviewSample[]> {
  const first = (kind: PreviewSampleKind, rows: string) =>
    `(SELECT '${kind}' AS kind, line, winning_line FROM ${rows} ORDER BY line LIMIT ${SHOWN})`;
  const ofOutcome = (outcome: string) =>
    `(SELECT line, NULL::bigint AS winning_line FROM preview_changes WHERE outcome = '${outcome}') rows`;
  const superseded = `(
    SELECT line, ${winningLine(winner)} AS winning_line FROM preview_changes WHERE outcome = 'SUPERSEDED'
  ) rows`;
  const rows = await tx.unsafe<SampleRow[]>(`
    WITH sampled AS MATERIALIZED (
      ${first('INSERTED', ofOutcome('NEW'))}
      UNION ALL ${first('UPDATED', ofOutcome('CHANGED'))}
      UNION ALL ${first('SUPERSEDED', superseded)}
    )
    SELECT kind, line, winning_line AS "winningLine", ${values('staged')},
      products.name AS "oldName", ${beginning('products.description')} AS "oldDescription"
    FROM sampled JOIN ${staged} staged USING (line)
    LEFT JOIN LATERAL (SELECT name, description FROM products WHERE kind = 'UPDATED' AND products.sku = staged.sku) products
      ON true`);
  return rows.map(toSample);
}

/**
 * Samples of the rows that are not in `preview_changes`.
 *
 * @param staged a table
 * @param kind of all of them
 */
export async function sampleOthers(
  tx: postgres.TransactionSql,
  staged: string,
  kind: 'INSERTED' | 'UNCHANGED',
): Promise<PreviewSample[]> {
  const rows = await tx.unsafe<SampleRow[]>(`
    SELECT '${kind}' AS kind, line, NULL AS "winningLine", ${values('staged')},
      ${kind === 'UNCHANGED' ? 'name' : 'NULL'} AS "oldName",
      ${kind === 'UNCHANGED' ? beginning('description') : 'NULL'} AS "oldDescription"
    FROM ${staged} staged
    WHERE NOT EXISTS (SELECT FROM preview_changes WHERE preview_changes.line = staged.line)
    LIMIT ${SHOWN}`);
  return rows.map(toSample);
}

/** The first ones of each kind, in the order of lines. */
export function firstSamples(samples: readonly PreviewSample[]): PreviewSample[] {
  const ordered = samples.toSorted((a, b) => a.line - b.line);
  const byKind = Map.groupBy(ordered, ({ kind }) => kind);
  return [...byKind.values()].flatMap((some) => some.slice(0, SHOWN)).toSorted((a, b) => a.line - b.line);
}

function values(row: string): string {
  return `${row}.sku, ${row}.name, ${beginning(`${row}.description`)} AS description`;
}

/** One character more than is shown tells that there are more. */
function beginning(description: string): string {
  return `left(${description}, ${SHOWN_CHARACTERS + 1})`;
}

function toSample(row: SampleRow): PreviewSample {
  const { kind, line, sku, name, description, oldName, oldDescription, winningLine } = row;
  return {
    kind,
    line,
    sku,
    before: oldName === null ? null : shown(oldName, oldDescription ?? ''),
    after: shown(name, description),
    winningLine,
  };
}

/** Postgres counts characters, JavaScript UTF-16 units. */
function shown(name: string, description: string) {
  const characters = description.length > SHOWN_CHARACTERS ? [...description] : [];
  const isCut = characters.length > SHOWN_CHARACTERS;
  return { name, description: isCut ? characters.slice(0, SHOWN_CHARACTERS).join('') : description, isCut };
}
