// A Citus cluster whose coordinator is the Postgres of the run: `npm test -- --postgres URL --workers URL,URL`. Each database
// is one on every node, where they know each other by host and port alone; so a copy on every node is a cluster of its own.

import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { openDatabase } from '../../../src/db/postgres/connection/database.ts';
import { closePool, openPool, type Pool } from '../../../src/db/postgres/connection/pool.ts';
import { addressOf, GIVEN_WORKERS } from './template.ts';

/** The URLs of the other nodes; none for a Postgres that is no cluster. */
export function givenWorkers(): string[] {
  return (process.env[GIVEN_WORKERS] ?? '').split(',').filter((url) => url !== '');
}

/** For `skip`: why a test cannot run on a cluster that expects a snapshot to be one of all nodes; false elsewhere. */
export function needsOneNode(): string | false {
  return givenWorkers().length > 0 ? 'only on one node: see docs/scale.md' : false;
}

/** For `skip`: why a test cannot run on one node; false on a cluster. */
export function needsCluster(): string | false {
  return givenWorkers().length === 0
    ? 'needs a Citus cluster: npm test -- --postgres URL --workers URL,URL'
    : false;
}

const pools = new Map<string, Pool>();

/** Runs work on the given server and all workers. */
export async function onEachNode(url: string, work: (admin: Pool) => Promise<unknown>): Promise<void> {
  await Promise.all([url, ...givenWorkers()].map((node) => work(adminOf(node))));
}

/** One for all tests of the process: a connection takes as long as making a copy. */
export function adminOf(url: string): Pool {
  const pool = pools.get(url) ?? openPool(url, { max: 2, applicationName: 'test' });
  pools.set(url, pool);
  return pool;
}

/** Without it, the process does not end. */
export async function closeAdmins(): Promise<void> {
  await Promise.all([...pools.values()].map(closePool));
  pools.clear();
}

/** Makes the databases of all nodes one cluster. */
export async function joinNodes(url: string, name: string): Promise<void> {
  const workers = givenWorkers();
  if (workers.length === 0) return;
  const inDatabase = async (node: string, work: (sql: postgres.Sql) => Promise<unknown>) => {
    const { sql, close } = openDatabase(addressOf(name, node), { max: 1, applicationName: 'test' });
    await work(sql).finally(close);
  };
  for (const node of [...workers, url])
    await inDatabase(node, (sql) => sql`create extension if not exists citus`);
  await inDatabase(url, async (sql) => {
    await sql`select citus_set_coordinator_host(${hostOf(url)}, ${portOf(url)})`;
    for (const node of workers) await sql`select citus_add_node(${hostOf(node)}, ${portOf(node)})`;
  });
}

/** A database can be copied while nobody is connected to it; each that is part of a cluster has a daemon. */
export async function closeToAll(url: string, name: string): Promise<void> {
  if (givenWorkers().length === 0) return;
  await onEachNode(url, async (admin) => {
    await admin`alter database ${admin(name)} allow_connections false`;
    for (;;) {
      const left =
        await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
      if (left.length === 0) return;
      await sleep(50);
    }
  });
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}

function portOf(url: string): number {
  return Number(new URL(url).port || '5432');
}
