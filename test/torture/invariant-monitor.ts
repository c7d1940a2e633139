// Checks during a round, past the servers, what must hold at every moment: counts are exact, and an import that has ended
// keeps its status.

import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';
import { closePool, openPool } from '../../src/db/postgres/connection/pool.ts';
import { inCut } from '../../src/db/postgres/cut.ts';

const CHECK_EVERY_MS = 100;

export class InvariantMonitor implements AsyncDisposable {
  readonly violations: string[] = [];
  checks = 0;
  readonly #url: string;
  #sql: postgres.Sql;
  readonly #ended = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  /** @param url of the database, for a superuser, whom no connection limit keeps out */
  constructor(url: string) {
    this.#url = url;
    this.#sql = this.#open();
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await closePool(this.#sql);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && this.violations.length === 0) {
      // Postgres may be down at the moment.
      const violation = await this.#check().catch(() => this.#reopen());
      if (violation) this.violations.push(violation);
      await delay(CHECK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  #open(): postgres.Sql {
    return openPool(this.#url, { max: 1, applicationName: 'torture monitor' });
  }

  /** The lock of a cut that failed may still be held. */
  async #reopen(): Promise<undefined> {
    await closePool(this.#sql);
    if (!this.#stop.signal.aborted) this.#sql = this.#open();
  }

  async #check(): Promise<string | undefined> {
    const wrong = await inCut(
      this.#sql,
      (tx) => tx`
        SELECT * FROM (SELECT name, count(*) AS counted FROM products GROUP BY name) products
        FULL JOIN product_name_counts USING (name)
        WHERE counted IS DISTINCT FROM product_count LIMIT 3`,
    );
    if (wrong.length > 0) return `counts by name differ from the products: ${JSON.stringify(wrong)}`;
    const imports = await this.#sql<{ id: string; status: string; ended: boolean }[]>`
      SELECT id, status, finished_at IS NOT NULL AS ended FROM imports`;
    this.checks++;
    for (const { id, status, ended } of imports) {
      const before = this.#ended.get(id);
      if (before && before !== status) return `import ${id} was ${before} and is now ${status}`;
      // A failed import may be retried.
      if (ended && status !== 'FAILED') this.#ended.set(id, status);
    }
    return undefined;
  }
}
