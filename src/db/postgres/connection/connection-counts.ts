// The connections of this process, as the database sees them.

import { applicationSuffix, type Database } from './database.ts';

export interface ConnectionCount {
  /** What they are for: the name of a pool, or the word that the session was opened with. */
  purpose: string;
  state: 'active' | 'in transaction' | 'idle';
  connections: number;
  /** How many of them wait for a lock. */
  waiting: number;
}

export async function countConnections({ sql, processId }: Database): Promise<ConnectionCount[]> {
  const suffix = applicationSuffix(processId);
  return sql<ConnectionCount[]>`
    SELECT coalesce(nullif(trim(replace(replace(application_name, ${suffix}, ''), 'loadstone', '')), ''), 'pool')
        AS purpose,
      CASE WHEN state = 'active' THEN 'active' WHEN state = 'idle' THEN 'idle' ELSE 'in transaction' END AS state,
      count(*)::integer AS connections,
      count(*) FILTER (WHERE wait_event_type = 'Lock')::integer AS waiting
    FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE ${`%${suffix}`} AND pid <> pg_backend_pid()
    GROUP BY 1, 2`;
}

/** Whether a statement comes through the pool. */
export async function answers({ sql }: Database): Promise<boolean> {
  return sql`SELECT 1`.then(
    () => true,
    () => false,
  );
}
