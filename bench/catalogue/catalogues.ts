// Large catalogues, each made once in a benchmark and kept as a template database.

import type { Ledger } from '../../src/cli/client/loadstone-client.ts';
import { formatCount } from '../../src/cli/output/format.ts';
import { openDatabase } from '../../src/db/postgres/connection/database.ts';
import { EXPERT_SETTINGS, LAST_ROWS, stageFile } from '../baselines/stage.ts';
import { COUNT_NAMES, EXPERT_TABLES } from '../baselines/tables.ts';
import { Loadstone } from '../processes/loadstone.ts';
import type { Databases } from './databases.ts';
import type { Expected } from './expected.ts';
import { once } from './once.ts';
import type { SampleFiles } from './sample-files.ts';

export class Catalogues {
  readonly #databases: Databases;
  readonly #files: SampleFiles;
  readonly #log: (line: string) => void;
  readonly #templates = new Map<string, () => Promise<string>>();

  constructor(databases: Databases, files: SampleFiles, log: (line: string) => void) {
    this.#databases = databases;
    this.#files = files;
    this.#log = log;
  }

  /** @returns the template with the sample file of so many rows in the tables of the baselines */
  async expert(rows: number): Promise<string> {
    return this.#template(`expert ${rows}`, () => this.#makeExpert(rows));
  }

  /** @returns the template with that file imported by Loadstone, all its indexes built */
  async loadstone(rows: number): Promise<string> {
    return this.#template(`Loadstone ${rows}`, () => this.#makeLoadstone(rows));
  }

  #template(key: string, make: () => Promise<string>): Promise<string> {
    const known = this.#templates.get(key) ?? once(make);
    this.#templates.set(key, known);
    return known();
  }

  async #makeExpert(rows: number): Promise<string> {
    const file = await this.#files.path(rows);
    this.#log(`making the baseline's catalogue from ${formatCount(rows)} rows`);
    return this.#databases.createTemplate(async (url) => {
      const { sql, close } = openDatabase(url, { max: 1 });
      try {
        await sql.unsafe(EXPERT_SETTINGS);
        await sql.unsafe(EXPERT_TABLES);
        await stageFile(sql, file);
        await sql.unsafe(`INSERT INTO products (sku, name, description) ${LAST_ROWS}`);
        await sql.unsafe(COUNT_NAMES);
        await sql.unsafe('DROP TABLE stage');
        await sql.unsafe('VACUUM (ANALYZE)');
      } finally {
        await close();
      }
    });
  }

  async #makeLoadstone(rows: number): Promise<string> {
    const file = await this.#files.path(rows);
    this.#log(`making Loadstone's catalogue from ${formatCount(rows)} rows`);
    return this.#databases.createTemplate(async (url) => {
      await using loadstone = await Loadstone.start(url);
      await loadstone.import(file, { read: rows });
      await loadstone.untilIndexed();
      await loadstone.sql.unsafe('VACUUM (ANALYZE)');
    });
  }
}

export function ledgerOfFirstLoad({ read, products }: Pick<Expected, 'read' | 'products'>): Ledger {
  return { ...NO_ROWS, read, inserted: products, superseded: read - products };
}

export const NO_ROWS: Ledger = {
  read: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  superseded: 0,
  rejected: 0,
};
