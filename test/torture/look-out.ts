// Looks at a database again and again during a round, past the servers: what must hold at every instant.

import { setTimeout as delay } from 'node:timers/promises';
import { closePool, openPool } from '../../src/db/postgres/connection/pool.ts';

const LOOK_EVERY_MS = 100;

export class LookOut implements AsyncDisposable {
  /** What was seen and must never be. */
  readonly faults: string[] = [];
  looks = 0;
  readonly #sql: ReturnType<typeof openPool>;
  readonly #ended = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #looking: Promise<void>;

  /** @param url of the database, for someone who is always let in */
  constructor(url: string) {
    this.#sql = openPool(url, { max: 1, applicationName: 'torture look-out' });
    this.#looking = this.#lookOn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await closePool(this.#sql);
    await this.#looking;
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && this.faults.length === 0) {
      // Postgres may be away just now.
      const fault = await this.#look().catch(() => undefined);
      if (fault) this.faults.push(fault);
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #look(): Promise<string | undefined> {
    const wrong = await this.#sql`
      SELECT * FROM (SELECT name, count(*) AS counted FROM products GROUP BY name) products
      FULL JOIN product_name_counts USING (name)
      WHERE counted IS DISTINCT FROM product_count LIMIT 3`;
    if (wrong.length > 0) return `name counts are not those of the products: ${JSON.stringify(wrong)}`;
    const imports = await this.#sql<{ id: string; status: string; ended: boolean }[]>`
      SELECT id, status, finished_at IS NOT NULL AS ended FROM imports`;
    this.looks++;
    for (const { id, status, ended } of imports) {
      const before = this.#ended.get(id);
      if (before && before !== status) return `import ${id} was ${before} and is ${status}`;
      // One that failed may be retried.
      if (ended && status !== 'FAILED') this.#ended.set(id, status);
    }
    return undefined;
  }
}
