// Whether this server is alive, and whether it can serve: named checks, each at most once a second.

/** @returns what is wrong, for an operator, without secrets; undefined if nothing is */
export type Check = () => Promise<string | undefined> | string | undefined;

export interface HealthReport {
  isHealthy: boolean;
  /** By name: `ok`, or what is wrong. */
  checks: Record<string, string>;
}

/** What `/healthz` and `/readyz` answer. */
export interface Probes {
  alive: Health;
  ready: Health;
}

const FRESH_MS = 1000;
const TIMEOUT_MS = 2000;
const OK = 'ok';

export class Health {
  readonly #checks: Readonly<Record<string, Check>>;
  #last: { report: Promise<HealthReport>; at: number } | undefined;

  constructor(checks: Readonly<Record<string, Check>>) {
    this.#checks = checks;
  }

  /** The checks, as they came out within the last second. */
  report(): Promise<HealthReport> {
    const now = performance.now();
    if (!this.#last || now - this.#last.at > FRESH_MS) this.#last = { report: this.#run(), at: now };
    return this.#last.report;
  }

  async #run(): Promise<HealthReport> {
    const names = Object.keys(this.#checks);
    const results = await Promise.all(Object.values(this.#checks).map(within));
    const checks = Object.fromEntries(names.map((name, at) => [name, results[at] ?? OK]));
    return { isHealthy: results.every((result) => result === undefined), checks };
  }
}

async function within(check: Check): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => late.resolve(`does not answer within ${TIMEOUT_MS / 1000} seconds`),
    TIMEOUT_MS,
  );
  try {
    return await Promise.race([Promise.resolve().then(check), late.promise]);
  } catch {
    // The error may name hosts and users.
    return 'failed; the log may say why';
  } finally {
    clearTimeout(timer);
  }
}
