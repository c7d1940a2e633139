// How many connections the database grants, and how many lanes an import may have with that.

import type postgres from 'postgres';
import { type ConnectionSettings, connectionsNeeded, lanesWithin } from '../connection/connection-budget.ts';

/** How many connections one role may open, as Postgres enforces it. A pooler in between may grant fewer, and does not tell. */
export interface ConnectionLimits {
  maxConnections: number;
  /** Kept for superusers and for roles with `pg_use_reserved_connections`. */
  reserved: number;
  /** The limits of the role and of the database do not apply to it. */
  isSuperuser: boolean;
  /** -1: none. */
  roleLimit: number;
  /** -1: none. */
  databaseLimit: number;
}

interface Fitted {
  /** At most that of the settings. */
  ingestLanes: number;
  /** Why it is less, and what to do; undefined if all fits. */
  warning: string | undefined;
}

/**
 * Compares what this process may take with what the database grants, without regard to others that use the database: how
 * many they will take cannot be known. Where not even a single lane for each import fits, work that finds no connection waits
 * and is tried again: few servers ever open all that they may.
 */
export async function fitConnections(sql: postgres.Sql, settings: ConnectionSettings): Promise<Fitted> {
  const [limits] = await sql<ConnectionLimits[]>`
    SELECT current_setting('max_connections')::integer AS "maxConnections",
      current_setting('superuser_reserved_connections')::integer
        + coalesce(current_setting('reserved_connections', true)::integer, 0) AS reserved,
      rolsuper AS "isSuperuser", rolconnlimit AS "roleLimit", datconnlimit AS "databaseLimit"
    FROM pg_roles, pg_database WHERE rolname = session_user AND datname = current_database()`;
  return limits ? fitLanes(limits, settings) : { ingestLanes: settings.ingestLanes, warning: undefined };
}

export function fitLanes(limits: ConnectionLimits, settings: ConnectionSettings): Fitted {
  const { connections, source } = connectionsGranted(limits);
  const { maxActiveImports } = settings;
  const needed = connectionsNeeded(settings);
  const ingestLanes = lanesWithin(connections, settings);
  const may = `This server may take ${needed} connections to the database, with MAX_ACTIVE_IMPORTS=${maxActiveImports} and INGEST_LANES=${settings.ingestLanes}, but gets ${connections} (${source})`;
  if (ingestLanes === 0) {
    const least = connectionsNeeded({ ...settings, ingestLanes: 1 });
    return {
      ingestLanes: 1,
      warning: `${may}. It needs at least ${least}, with one lane for each import; with fewer, imports wait and requests fail while all are taken. Raise that limit, or lower MAX_ACTIVE_IMPORTS.`,
    };
  }
  if (ingestLanes === settings.ingestLanes) return { ingestLanes, warning: undefined };
  return {
    ingestLanes,
    warning: `${may}. Imports have ${ingestLanes} ${ingestLanes === 1 ? 'lane' : 'lanes'} each. For more, raise that limit, or lower MAX_ACTIVE_IMPORTS; or set INGEST_LANES=${ingestLanes}, to be told no more.`,
  };
}

/** The lowest of the limits that apply. */
function connectionsGranted(limits: ConnectionLimits): { connections: number; source: string } {
  const { maxConnections, reserved, isSuperuser, roleLimit, databaseLimit } = limits;
  const unreserved = maxConnections - reserved;
  const all = [
    {
      connections: unreserved,
      source: `max_connections = ${maxConnections}, of which ${reserved} are reserved`,
    },
    { connections: roleLimit, source: 'the CONNECTION LIMIT of the role' },
    { connections: databaseLimit, source: 'the CONNECTION LIMIT of the database' },
  ];
  const applying = all.filter(({ connections }, index) => index === 0 || (!isSuperuser && connections >= 0));
  return applying.reduce((lowest, each) => (each.connections < lowest.connections ? each : lowest));
}
