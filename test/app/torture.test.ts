// Every fault of `npm run torture` once, with small files: each must come out as promised.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Fault } from '../torture/fault.ts';
import { FAULTS } from '../torture/faults/index.ts';
import { play } from '../torture/play.ts';
import { TorturePostgres } from '../torture/postgres.ts';
import { complaintOf } from '../torture/report.ts';

const SEED = 20_251_125;
const ROWS = 2_000;
/** Most of a round is waiting. */
const AT_ONCE = 4;

const hurting = FAULTS.filter(({ hurtsPostgres }) => hurtsPostgres);
const others = FAULTS.filter((fault) => !hurting.includes(fault));

describe('every fault comes out as promised', { concurrency: 2 }, () => {
  describe('of Postgres', { concurrency: 1 }, () => playAll(hurting));
  describe('of others', { concurrency: AT_ONCE }, () => playAll(others));
});

function playAll(faults: readonly Fault[]): void {
  let postgres: TorturePostgres;
  before(async () => {
    postgres = await TorturePostgres.start();
  });
  after(() => postgres?.[Symbol.asyncDispose]());
  for (const fault of faults) {
    test(fault.name, async (t) => {
      const seed = SEED + FAULTS.indexOf(fault);
      const played = await play(postgres, fault, { seed, rows: ROWS }, t.signal);
      t.diagnostic(played.notes.join(', '));
      assert.equal(played.complaint, undefined, complaintOf(played));
    });
  }
}
