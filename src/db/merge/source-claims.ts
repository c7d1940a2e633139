// Which data source brought which product: its claims. A source claims the SKUs of its file, and gives one up when a
// REPLACE import no longer finds it there. An upload ends all claims to the SKUs that it brings: from then on they are
// nobody's to remove. Claims are written in the merge turn alone.

import type postgres from 'postgres';

/** The source that brings the rows, or none: an upload, while there are claims. */
export type ClaimChange = { sourceId: string } | 'RELEASE';

export async function hasClaims(sql: postgres.Sql): Promise<boolean> {
  const claims = await sql`SELECT FROM source_products LIMIT 1`;
  return claims.length > 0;
}

/**
 * In the transaction that merges the rows of `staged`.
 *
 * @param staged the quoted name of a staging table, or a query of one in parentheses
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
  // Only those that are missing are written: a file that did not change costs no write here either.
  await tx.unsafe(
    `INSERT INTO source_products (sku, source_id)
    SELECT DISTINCT staged.sku, $1::uuid FROM ${staged} staged
    WHERE NOT EXISTS (
      SELECT FROM source_products claim WHERE claim.source_id = $1::uuid AND claim.sku = staged.sku
    )
    ORDER BY staged.sku`,
    [change.sourceId],
  );
}
