// Every fault of `npm run torture` once, with small files: each must come out as promised.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Fault } from '../torture/fault.ts';
import { FAULTS } from '../torture/faults/index.ts';
import { within } from '../torture/patiently.ts';
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
  describe('of the torture itself', { concurrency: 1 }, () => {
    test('what never comes fails its round, which says what it waited for', async (t) => {
      await using postgres = await TorturePostgres.start();
      const played = await play(postgres, REFUSED, { seed: SEED, rows: 100 }, t.signal);
      assert.equal(played.outcome, 'wrong');
      assert.match(played.complaint ?? '', /^a file was refused before it had an import: ECONNREFUSED/);
      const never = new Promise<never>(() => {});
      await assert.rejects(within('what never comes', never, 10), /Waited 0\.01 s in vain: what never comes/);
    });
  });
});

const REFUSED: Fault = {
  name: 'refused',
  about: 'a file is sent to a server that is gone',
  servers: 1,
  async strike(round) {
    const { server } = round;
    await server.stop();
    await round.reaches(round.submit(server, round.makeFile()), ({ finished }) => finished);
  },
};

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
