// The sample files, each written once in a benchmark.

import { join } from 'node:path';
import { formatCount } from '../../src/cli/output/format.ts';
import { writeSampleFile } from '../../src/cli/sample/write-sample.ts';
import { type Expected, expectedOf } from './expected.ts';
import { once } from './once.ts';

export interface SampleFile {
  path: string;
  expected: Expected;
}

export class SampleFiles {
  readonly #folder: string;
  readonly #log: (line: string) => void;
  readonly #paths = new Map<string, () => Promise<string>>();
  readonly #expected = new Map<number, () => Promise<Expected>>();

  constructor(folder: string, log: (line: string) => void) {
    this.#folder = folder;
    this.#log = log;
  }

  async get(rows: number): Promise<SampleFile> {
    const path = await this.path(rows);
    const expected = remembered(this.#expected, rows, () => expectedOf(path));
    return { path, expected: await expected() };
  }

  /** @param suffix that selects the compression */
  async path(rows: number, suffix: '' | '.gz' = ''): Promise<string> {
    const name = `sample-${rows}.csv${suffix}`;
    const path = remembered(this.#paths, name, async () => {
      this.#log(`writing ${name}, ${formatCount(rows)} rows`);
      const file = join(this.#folder, name);
      await writeSampleFile(file, { rows, seed: 1 });
      return file;
    });
    return path();
  }
}

function remembered<K, T>(all: Map<K, () => Promise<T>>, key: K, make: () => Promise<T>): () => Promise<T> {
  const known = all.get(key);
  if (known) return known;
  const made = once(make);
  all.set(key, made);
  return made;
}
