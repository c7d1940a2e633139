// How name counts would move, summed in the temporary table `preview_moves`.

import type { Readable } from 'node:stream';
import type postgres from 'postgres';
import { copyFrom } from '../../postgres/copy/copy-from.ts';
import { withEarlyErrors } from '../../postgres/copy/copy-stream.ts';
import type { ImportPreview } from '../../tables.ts';
import { SHOWN } from './preview-setup.ts';
import type { SharedSnapshot } from './shared-snapshot.ts';

/** Sums what the rows of `preview_changes` do to name counts. */
export async function collectMoves(tx: postgres.TransactionSql): Promise<void> {
  await tx.unsafe(`
    INSERT INTO preview_moves
    SELECT moves.name, sum(moves.change)
    FROM preview_changes CROSS JOIN LATERAL (VALUES (name, 1), (old_name, -1)) AS moves (name, change)
    WHERE (outcome = 'NEW' OR outcome = 'CHANGED' AND preview_changes.name <> old_name) AND moves.name IS NOT NULL
    GROUP BY moves.name HAVING sum(moves.change) <> 0`);
}

/** Sums the names of all rows of a table. */
export async function collectNames(tx: postgres.TransactionSql, staged: string): Promise<void> {
  await tx.unsafe(`
    INSERT INTO preview_moves SELECT name, count(*) FROM ${staged} GROUP BY name`);
}

/** Adds the moves of one session to those of another one. */
export async function passMoves(from: postgres.Sql, to: postgres.TransactionSql): Promise<void> {
  const [any] = await from`SELECT FROM preview_moves LIMIT 1`;
  if (!any) return;
  const moves: Readable = await withEarlyErrors(from`COPY preview_moves TO STDOUT`).readable();
  await copyFrom(to, 'COPY preview_moves FROM STDIN', moves);
}

/** The names whose counts would move most. */
export async function largestMoves(
  tx: postgres.TransactionSql,
  { id }: SharedSnapshot,
): Promise<Pick<ImportPreview, 'names' | 'namesChanged'>> {
  const moves = await tx<{ name: string; change: number; names: number }[]>`
    SELECT name, sum(change)::bigint AS change, count(*) OVER () AS names FROM preview_moves
    GROUP BY name HAVING sum(change) <> 0
    ORDER BY abs(sum(change)) DESC, name LIMIT ${SHOWN}`;
  const kept =
    id === null
      ? []
      : await tx<{ name: string; count: number }[]>`
          SELECT name, product_count AS count FROM product_name_counts
          WHERE name = ANY (${moves.map(({ name }) => name)}::text[])`;
  const counts = new Map(kept.map(({ name, count }) => [name, count]));
  return {
    namesChanged: moves[0]?.names ?? 0,
    names: moves.map(({ name, change }) => {
      const now = counts.get(name) ?? 0;
      return { name, countNow: now, countThen: now + change };
    }),
  };
}
