// What measurements have in common: sizes, databases, files, and how a measurement looks.

import type { Catalogues } from './catalogue/catalogues.ts';
import type { ChangeFiles } from './catalogue/change-files.ts';
import type { Databases } from './catalogue/databases.ts';
import type { SampleFiles } from './catalogue/sample-files.ts';
import type { Results } from './report/results.ts';

/** Numbers of rows, all proportional to the first. */
export interface Sizes {
  /** Of the ordinary file: 500,000 by default. */
  rows: number;
  /** Of a small file: 60,000. */
  small: number;
  /** Of the big file, and of the one that the large catalogue is made from: 5,000,000. */
  large: number;
  /** Of the files that catalogues of growing size are made from: 1,000,000, 5,000,000 and 20,000,000. */
  growing: readonly number[];
}

export interface Bench {
  sizes: Sizes;
  folder: string;
  databases: Databases;
  samples: SampleFiles;
  catalogues: Catalogues;
  changes: ChangeFiles;
}

export interface Measurement {
  /** For `--only`. */
  name: string;
  /** Large measurements need minutes, and gigabytes of disk. */
  group: 'standard' | 'large';
  /** In a few words, for `--help`. */
  what: string;
  /** Whether it is also run once before the first round, unmeasured. */
  warmsUp?: boolean;
  /** Makes, before the first round, what the rounds share. */
  prepare(bench: Bench): Promise<unknown>;
  /** @param round counted from 0 */
  measure(bench: Bench, results: Results, round: number): Promise<void>;
}

export function sizesOf(rows: number): Sizes {
  return {
    rows,
    small: Math.ceil(rows * 0.12),
    large: rows * 10,
    growing: [rows * 2, rows * 10, rows * 40],
  };
}

/** Runs both, in a different order in every other round. @returns the results of the first and of the second */
export async function inTurn<A, B>(
  round: number,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  if (round % 2 === 0) {
    const result = await first();
    return [result, await second()];
  }
  const result = await second();
  return [await first(), result];
}
