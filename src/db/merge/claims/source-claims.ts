// Claims: which data source provides which product. A source claims all SKUs in its file, and gives up a claim when a
// REPLACE import no longer finds the SKU there. An upload releases all claims to the SKUs in its file, so that no source
// deletes them. Imports write claims in the merge turn only; creating or deleting a product removes those to its SKU.

import type postgres from 'postgres';
import { quoteLiteral } from '../../postgres/sql/quote-literal.ts';

/** The source claims the SKUs of the import, or an upload releases them. */
export type ClaimChange = { sourceId: string } | 'RELEASE';

export async function hasClaims(sql: postgres.Sql): Promise<boolean> {
  const claims = await sql`SELECT 1 FROM source_products LIMIT 1`;
  return claims.length > 0;
}

/**
 * @param row the staged row
 * @returns a join and the condition on it that the claims to the SKU of a staged row have to change
 */
export function claimDiffers(change: ClaimChange, row: string): { join: string; condition: string } {
  const isOfSource = change === 'RELEASE' ? '' : `AND source_id = ${quoteLiteral(change.sourceId)}::uuid`;
  const join = `
    LEFT JOIN LATERAL (
      SELECT sku FROM source_products WHERE source_products.sku = ${row}.sku ${isOfSource} LIMIT 1
    ) claim ON true`;
  return { join, condition: `claim.sku IS ${change === 'RELEASE' ? 'NOT NULL' : 'NULL'}` };
}

/**
 * Runs in the transaction that merges the staged rows.
 *
 * @param staged a table, or a subquery in parentheses
 */
export async function changeClaims(
  tx: postgres.TransactionSql,
  change: ClaimChange,
  staged: string,
): Promise<void> {
  if (change === 'RELEASE') {
    await tx.unsafe(
      `DELETE FROM source_products USING ${staged} staged WHERE source_products.sku = staged.sku`,
    );
    return;
  }
  // Inserts only missing claims, so an unchanged file writes nothing.
  await tx.unsafe(
    `INSERT INTO source_products (sku, source_id)
    SELECT DISTINCT staged.sku, $1::uuid FROM ${staged} staged
    WHERE NOT EXISTS (
      SELECT 1 FROM source_products claim WHERE claim.source_id = $1::uuid AND claim.sku = staged.sku
    )
    ORDER BY staged.sku`,
    [change.sourceId],
  );
}
