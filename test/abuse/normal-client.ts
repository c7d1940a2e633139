// The client that is measured: it reads and edits products at a steady pace, and imports files.

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { countsQuery, productsQuery, renameMutation } from '../../bench/measurements/requests.ts';
import { type Answer, LatencyProbe } from '../../bench/processes/latency-probe.ts';
import { importFile } from '../../src/cli/client/import-file.ts';
import { type ImportState, type Ledger, LoadstoneClient } from '../../src/cli/client/loadstone-client.ts';
import type { Target } from './target.ts';

export const OPERATIONS = ['products', 'productCountsByName', 'updateProduct'] as const;
export type Operation = (typeof OPERATIONS)[number];
export type Answers = Record<Operation, Answer[]>;

export interface NormalImport {
  /** In milliseconds since 1970. */
  begun: number;
  seconds: number;
  /** States that it was told of. */
  events: number;
  /** What went wrong; undefined if nothing did. */
  fault: string | undefined;
}

/** Of all operations together. */
const PER_SECOND = 20;
/** Edited one after the other, so that each edit changes something. */
const EDITED = 1000;
const ROWS = 20_000;
const NAMES = 500;
const IMPORT_EVERY_MS = 5000;

export class NormalClient {
  readonly imports: NormalImport[] = [];
  readonly #client: LoadstoneClient;
  readonly #target: { url: string; token: string | undefined };
  #version = 0;

  constructor({ url, token }: Pick<Target, 'url' | 'token'>) {
    this.#target = { url: `${url}/graphql`, token };
    this.#client = new LoadstoneClient(this.#target.url, token);
  }

  /** Fills the catalogue. @throws Error if the import is not as it should be */
  async prepare(signal: AbortSignal): Promise<void> {
    const edited = Array.from({ length: EDITED }, (_, n) => `abuse name,${editedSku(n)},\n`);
    await this.#send('edited.csv', edited, () => undefined, signal);
    await this.#importNext(signal);
    const fault = this.imports.splice(0).find((each) => each.fault)?.fault;
    if (fault) throw new Error(`The first import failed: ${fault}`);
  }

  /** Asks and imports for as long as the work takes. */
  async during<T>(work: () => Promise<T>, signal: AbortSignal): Promise<[T, Answers]> {
    const perSecond = PER_SECOND / OPERATIONS.length;
    await using probe = await LatencyProbe.start(this.#target, {
      products: { perSecond, bodies: [productsQuery()] },
      productCountsByName: { perSecond, bodies: [countsQuery()] },
      updateProduct: {
        perSecond,
        bodies: Array.from({ length: 2 * EDITED }, (_, n) =>
          renameMutation(editedSku(n % EDITED), `abuse name ${n % NAMES} ${n < EDITED ? 'a' : 'b'}`),
        ),
      },
    });
    const done = new AbortController();
    const importing = this.#importAgainAndAgain(signal, done.signal);
    const [result, answers] = await probe.during(async () => {
      try {
        return await work();
      } finally {
        done.abort();
        await importing;
      }
    });
    return [result, answers];
  }

  async #importAgainAndAgain(signal: AbortSignal, done: AbortSignal): Promise<void> {
    while (!done.aborted && !signal.aborted) {
      await this.#importNext(signal);
      await delay(IMPORT_EVERY_MS, undefined, { signal: AbortSignal.any([signal, done]) }).catch(() => {});
    }
  }

  /** Half of the rows of each version differ from those of the one before. */
  async #importNext(signal: AbortSignal): Promise<void> {
    const version = this.#version++;
    await this.#send(`version-${version}.csv`, rowsOf(version), (rows) => ledgerFault(rows, version), signal);
  }

  /** @param check says what is wrong with the ledger, if anything is */
  async #send(
    name: string,
    rows: string[],
    check: (rows: Ledger) => string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const content = Buffer.from(`name,sku,description\n${rows.join('')}`);
    const file = { name, size: content.length, stream: Readable.from([content], { objectMode: false }) };
    const begun = Date.now();
    let events = 0;
    const onState = () => void events++;
    const fault = await importFile(this.#client, file, { id: randomUUID() }, onState, signal).then(
      ({ state }) => stateFault(state, events) ?? check(state.rows),
      (error: Error) => error.message,
    );
    if (signal.aborted) return;
    this.imports.push({ begun, seconds: (Date.now() - begun) / 1000, events, fault });
  }
}

function stateFault({ status, error }: ImportState, events: number): string | undefined {
  if (status !== 'COMPLETED') return `it is ${status} (${error?.code}: ${error?.message})`;
  return events < 2 ? `only ${events} of its states were sent` : undefined;
}

function ledgerFault(rows: Ledger, version: number): string | undefined {
  const changed = rows.inserted + rows.updated;
  const isComplete = rows.read === ROWS && changed + rows.unchanged === ROWS;
  if (isComplete && (version === 0 || changed === ROWS / 2)) return undefined;
  return `the rows of version ${version} are ${JSON.stringify(rows)}`;
}

function rowsOf(version: number): string[] {
  const row = (n: number) =>
    `abuse name ${n % NAMES},abuse-row-${n},"Row ${n} of version ${n % 2 === 0 ? version : 0}, ${'with some text '.repeat(8)}"\n`;
  return Array.from({ length: ROWS }, (_, n) => row(n));
}

/** Edited products are not among the rows. */
function editedSku(n: number): string {
  return `abuse-edited-${n}`;
}
