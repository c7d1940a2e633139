// A Citus cluster of yours that rounds use instead of an embedded Postgres, with a database for each round. They end its nodes.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closePool, openPool } from '../../../src/db/postgres/connection/pool.ts';
import { migrateDatabase } from '../../../src/db/postgres/startup/migrate.ts';
import {
  adminOf,
  closeAdmins,
  closeToAll,
  givenWorkers,
  joinNodes,
  onEachNode,
} from '../../support/database/cluster.ts';
import { addressOf } from '../../support/database/template.ts';
import { eventually } from '../eventually.ts';

const run = promisify(execFile);

export class GivenCluster implements AsyncDisposable {
  /** Holds a data folder for each round. */
  readonly folder: string;
  readonly #coordinator: string;
  readonly #nodeCommand: string;
  readonly #template = `torture_${randomBytes(4).toString('hex')}`;
  #made = 0;

  private constructor(folder: string, coordinator: string, nodeCommand: string) {
    this.folder = folder;
    this.#coordinator = coordinator;
    this.#nodeCommand = nodeCommand;
  }

  /**
   * @param coordinator the URL of a superuser, on this machine
   * @param nodeCommand a program: with the arguments `kill HOST:PORT` it kills that node, with `start HOST:PORT` it starts it
   */
  static async open(coordinator: string, nodeCommand: string): Promise<GivenCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'loadstone-torture-'));
    const cluster = new GivenCluster(folder, coordinator, nodeCommand);
    const template = cluster.#template;
    try {
      await onEachNode(coordinator, (admin) => admin`create database ${admin(template)}`);
      await joinNodes(coordinator, template);
      await migrateDatabase(addressOf(template, coordinator));
      await closeToAll(coordinator, template);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return Number(new URL(this.#coordinator).port || '5432');
  }

  /** The URLs of the nodes: the coordinator, then the workers. */
  get nodes(): readonly [string, ...string[]] {
    return [this.#coordinator, ...givenWorkers()];
  }

  adminUrl(database: string): string {
    return addressOf(database, this.#coordinator);
  }

  /** @param port of a relay */
  serverUrl(database: string, port: number): string {
    const url = new URL(this.adminUrl(database));
    url.port = String(port);
    return url.href;
  }

  async createDatabase(): Promise<string> {
    const name = `${this.#template}_${++this.#made}`;
    await onEachNode(
      this.#coordinator,
      (admin) => admin`create database ${admin(name)} template ${admin(this.#template)}`,
    );
    // A copied sequence logs its next values only after a checkpoint: the ids of shards would come again after a crash.
    await adminOf(this.#coordinator)`checkpoint`;
    return name;
  }

  async dropDatabase(name: string): Promise<void> {
    await eventually('a database is dropped', async () => {
      if ((await this.preparedIn(name)) > 0) await this.#finishPrepared(name);
      await onEachNode(
        this.#coordinator,
        (admin) => admin`drop database if exists ${admin(name)} with (force)`,
      );
    });
  }

  async kill(node: string): Promise<void> {
    await this.#tell('kill', node);
  }

  async start(node: string): Promise<void> {
    await this.#tell('start', node);
    await eventually('a node is back', () => adminOf(node)`select 1`);
  }

  /** From now on commits of the node are on its disk, but it does not say so: it waits for a standby that does not exist. */
  async holdCommits(node: string): Promise<void> {
    await adminOf(node)`alter system set synchronous_standby_names = 'nobody'`;
    await adminOf(node)`select pg_reload_conf()`;
  }

  /** Has the node commit as always when it is told by `reload`, or starts. */
  async forgetHold(node: string): Promise<void> {
    await adminOf(node)`alter system reset synchronous_standby_names`;
  }

  async reload(node: string): Promise<void> {
    await adminOf(node)`select pg_reload_conf()`;
  }

  /** Whether a commit of the database waits at the node, and a worker has prepared its part of it. */
  async isCommitHeld(node: string, database: string): Promise<boolean> {
    const held = await adminOf(node)`
      select from pg_stat_activity where datname = ${database} and wait_event = 'SyncRep'`;
    return held.length > 0 && (await this.preparedIn(database)) > 0;
  }

  /** How many transactions nodes have prepared. */
  async preparedIn(database: string): Promise<number> {
    const prepared = await Promise.all(
      this.nodes.map((node) => adminOf(node)`select from pg_prepared_xacts where database = ${database}`),
    );
    return prepared.flat().length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dropDatabase(this.#template);
    await closeAdmins();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What a server began to commit when it was stopped; without its database on the coordinator, it would never be finished. */
  async #finishPrepared(database: string): Promise<void> {
    const coordinator = openPool(this.adminUrl(database), { max: 1, applicationName: 'torture' });
    await coordinator`select recover_prepared_transactions()`.finally(() => closePool(coordinator));
  }

  async #tell(what: 'kill' | 'start', node: string): Promise<void> {
    await run(this.#nodeCommand, [what, new URL(node).host]);
  }
}
