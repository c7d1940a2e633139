// What every connection sets for itself, whatever the role, the database or the server has as its defaults: what results,
// transactions and plans lean on.

/** In the order in which they are set. Those of the time first, as they count for this statement too. */
const SETTINGS = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',

  // A merge looks at what others committed since it began, and a lock says that they did.
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  exit_on_error: 'off',

  // Postgres's own default; `public` where there is no schema with the name of the role.
  search_path: '"$user", public',
  default_table_access_method: 'heap',
  // A policy that hides rows fails a statement; else it would count fewer.
  row_security: 'off',

  // Values as text, both ways.
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',

  // Beyond 0, a search through the trigram index gives some of the names.
  gin_fuzzy_search_limit: '0',

  // The plans that the statements are written for.
  enable_bitmapscan: 'on',
  enable_hashagg: 'on',
  enable_hashjoin: 'on',
  enable_incremental_sort: 'on',
  enable_indexonlyscan: 'on',
  enable_indexscan: 'on',
  enable_material: 'on',
  enable_memoize: 'on',
  enable_mergejoin: 'on',
  enable_nestloop: 'on',
  enable_seqscan: 'on',
  enable_sort: 'on',
  plan_cache_mode: 'auto',

  // What a client that is gone holds is free within half a minute.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  client_connection_check_interval: '5000',
};

/**
 * A report that is told to a client outlives a crash of the database; who has chosen more than that keeps it. The other
 * one came with Postgres 17.
 */
const CONDITIONAL = `
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
  SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) IS NOT NULL`;

const ASSIGNMENTS = Object.entries(SETTINGS).map(
  ([name, value]) => `SET ${name} = ${assigned(name, value)};`,
);

/**
 * @param applicationName what the connection is called in `pg_stat_activity`
 * @returns statements for one simple query; what they answer is of no use
 */
export function sessionSettingsQuery(applicationName: string): string {
  const name = `SET application_name = '${applicationName.replaceAll("'", "''")}';`;
  return [...ASSIGNMENTS, name, CONDITIONAL].join('\n');
}

/** A list of names is not one string. */
function assigned(name: string, value: string): string {
  return name === 'search_path' ? value : `'${value}'`;
}
