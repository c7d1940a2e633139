// Settings that a role or a database may have, each of which could make Loadstone fail or return wrong results.

import type { Pool } from '../../../src/db/postgres/connection/pool.ts';

const HOSTILE: Record<string, string> = {
  default_transaction_isolation: 'repeatable read',
  default_transaction_read_only: 'on',
  default_transaction_deferrable: 'on',
  exit_on_error: 'on',
  statement_timeout: '1s',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '500ms',
  idle_session_timeout: '500ms',
  transaction_timeout: '1500ms',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kathmandu',
  client_encoding: 'LATIN1',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  search_path: 'nowhere',
  row_security: 'on',
  session_replication_role: 'replica',
  check_function_bodies: 'off',
  default_table_access_method: 'nowhere',
  default_tablespace: 'nowhere',
  temp_tablespaces: 'nowhere',
  synchronous_commit: 'off',
  gin_fuzzy_search_limit: '1',
  plan_cache_mode: 'force_generic_plan',
  jit: 'on',
  client_min_messages: 'debug1',
  work_mem: '64kB',
  temp_buffers: '800kB',
  max_parallel_workers_per_gather: '0',
  from_collapse_limit: '1',
  join_collapse_limit: '1',
  default_statistics_target: '1',
};
for (const method of [
  'bitmapscan',
  'hashagg',
  'hashjoin',
  'incremental_sort',
  'indexonlyscan',
  'indexscan',
  'material',
  'memoize',
  'mergejoin',
  'nestloop',
  'seqscan',
  'sort',
]) {
  HOSTILE[`enable_${method}`] = 'off';
}

/** Whether all databases of a test run have them. */
export const IS_RUN_HOSTILE = process.env['LOADSTONE_TEST_HOSTILE'] === '1';

/**
 * Every new connection to the database begins with them.
 *
 * @param sql connected to the same server
 */
export async function makeHostile(sql: Pool, database: string): Promise<void> {
  const known = await sql<{ name: string }[]>`SELECT lower(name) AS name FROM pg_settings`;
  const names = new Set(known.map(({ name }) => name));
  for (const [name, value] of Object.entries(HOSTILE)) {
    // Some are new in Postgres 17.
    if (!names.has(name.toLowerCase())) continue;
    await sql`ALTER DATABASE ${sql(database)} SET ${sql(name.toLowerCase())} TO ${sql.unsafe(`'${value}'`)}`;
  }
}
