// Settings that every connection makes for itself, whatever defaults the role, the database or the server has: results,
// transactions and plans depend on them.

/** In the order in which they are set: timeouts first, as they apply to this statement too. */
const SETTINGS = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',

  // A merge must see what others committed while it waited for a lock.
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  exit_on_error: 'off',

  // The default of Postgres.
  search_path: '"$user", public',
  default_table_access_method: 'heap',
  // Makes statements fail where a policy would silently hide rows from counts.
  row_security: 'off',

  // How values are written as text.
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',

  // Any other value makes a search by trigram index return only some of the names.
  gin_fuzzy_search_limit: '0',

  // Statements are written for these plans.
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
  // Before Postgres 18, what a setting forces counts as expensive: each such statement would be compiled, for 80 ms.
  jit: 'off',

  // On a Citus cluster, what a transaction sets for itself holds on all nodes: they are sent the text of the whole query, which
  // must not have other statements. Elsewhere, this means nothing.
  'citus.propagate_set_commands': 'local',

  // Locks of a client that is gone are released within half a minute.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  client_connection_check_interval: '5000',
};

/** For transactions that force plans: the nodes of a Citus cluster have what these set, not what the session has. */
export const WITHOUT_JIT = 'SET LOCAL jit = off';

/**
 * `synchronous_commit`: what a client was told survives a crash of the database. A stricter value is left as it is.
 * `transaction_timeout` exists since Postgres 17.
 */
const CONDITIONAL = `
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
  SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) IS NOT NULL`;

const ASSIGNMENTS = Object.entries(SETTINGS).map(([name, value]) => `SET ${name} = ${literal(name, value)};`);

export interface SessionSettings {
  applicationName: string;
  /** 0: no limit. */
  statementTimeoutMs: number;
  /** How many connections a statement may use to a node of a Citus cluster. */
  connectionsPerNode: number;
}

/** @returns statements for one simple query, whose results can be ignored */
export function sessionSettingsQuery({
  applicationName,
  statementTimeoutMs,
  connectionsPerNode,
}: SessionSettings): string {
  const settings = [
    `SET statement_timeout = ${statementTimeoutMs};`,
    `SET citus.max_adaptive_executor_pool_size = ${connectionsPerNode};`,
    `SET application_name = '${applicationName.replaceAll("'", "''")}';`,
  ];
  return [...ASSIGNMENTS, ...settings, CONDITIONAL].join('\n');
}

/** The value of search_path is a list, not a string. */
function literal(name: string, value: string): string {
  return name === 'search_path' ? value : `'${value}'`;
}
