import type postgres from 'postgres';

/** @param table its name, quoted if need be */
export async function isEmpty(sql: postgres.ISql, table: string): Promise<boolean> {
  return (await sql.unsafe(`SELECT 1 FROM ${table} LIMIT 1`)).length === 0;
}
