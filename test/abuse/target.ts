// The server that is attacked: one of our own, or one that runs already.

import { MetricsPage } from './metrics-page.ts';

/** What a server holds on behalf of clients, by name. */
export type Holdings = Readonly<Record<string, number>>;

export interface Target {
  /** Without /graphql. */
  url: string;
  /** Of the client that is measured. */
  token: string | undefined;
  /** Of the attackers. */
  attackerToken: string | undefined;
  /** Resident memory in MB. */
  memory(): Promise<number | undefined>;
  holdings(): Promise<Holdings>;
  /** Errors that the server has logged since it started; undefined if its log is not ours. */
  loggedErrors(): Promise<string[] | undefined>;
}

/** What the metrics tell of it. */
export async function holdingsByMetrics(url: string, token: string | undefined): Promise<Holdings> {
  const page = await MetricsPage.read(url, token);
  const connections = page.sum('loadstone_http_connections');
  const database = page.sum('loadstone_database_connections');
  return {
    connections,
    subscribers: page.sum('loadstone_subscribers'),
    uploads: page.sum('loadstone_uploads'),
    imports: page.sum('loadstone_imports') + page.sum('loadstone_imports_queued'),
    'import slots': page.sum('loadstone_import_slots', 'state="used"'),
    'busy lanes': page.sum('loadstone_lanes', 'state="busy"'),
    'open transactions': page.sum('loadstone_database_connections', 'state="in transaction"'),
    'other descriptors': page.sum('process_open_fds') - connections - database,
  };
}
