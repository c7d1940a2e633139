// The expected result of importing a file into an empty catalogue, computed from the file alone, and a check of a
// database against it.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type postgres from 'postgres';

export interface Expected {
  /** Rows in the file. */
  read: number;
  /** Distinct SKUs: the number of products after the import. */
  products: number;
  /** Distinct names in the catalogue. */
  names: number;
  /** The sum of the first 52 bits of each product's MD5. */
  checksum: string;
}

/** Reads the file in a separate process, so that its memory does not affect the measurement. */
export async function expectedOf(file: string): Promise<Expected> {
  const script = join(import.meta.dirname, 'compute-expected.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=8192', script, file]);
  return JSON.parse(stdout) as Expected;
}

/** SQL that computes `Expected.checksum` as text. */
export const CHECKSUM = `
  sum(('x' || substr(md5(sku || E'\\n' || name || E'\\n' || description), 1, 13))::bit(52)::bigint)::text`;

/** @throws Error unless the catalogue and its name counts are as expected */
export async function checkCatalogue(
  sql: postgres.Sql,
  expected: Pick<Expected, 'products' | 'names' | 'checksum'>,
): Promise<void> {
  const [found] = await sql.unsafe<{ products: number; checksum: string }[]>(
    `SELECT count(*) AS products, ${CHECKSUM} AS checksum FROM products`,
  );
  if (found?.products !== expected.products || found.checksum !== expected.checksum) {
    throw new Error(`the catalogue is not as expected: ${JSON.stringify({ found, expected })}`);
  }
  await checkCounts(sql, expected.names);
}

/** @throws Error unless the name counts are those of the products */
export async function checkCounts(sql: postgres.Sql, names?: number): Promise<void> {
  const [counts] = await sql<{ names: number; wrong: number }[]>`
    SELECT count(kept.name) AS names, count(*) FILTER (WHERE kept.product_count IS DISTINCT FROM true_count) AS wrong
    FROM product_name_counts kept
    FULL JOIN (SELECT name, count(*) AS true_count FROM products GROUP BY name) counted USING (name)`;
  if (counts?.wrong !== 0 || counts.names !== (names ?? counts.names)) {
    throw new Error(`the name counts are not as expected: ${JSON.stringify({ counts, names })}`);
  }
}
