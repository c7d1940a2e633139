// Runs each fault of `npm run torture` that no other test covers, once and with small files.

import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withTimeout } from '../../torture/eventually.ts';
import type { Fault } from '../../torture/fault.ts';
import { FAULTS } from '../../torture/faults/index.ts';
import { TorturePostgres } from '../../torture/machines/postgres.ts';
import { describeFailure } from '../../torture/report.ts';
import { runRound } from '../../torture/run-round.ts';

const SEED = 20_251_125;
const ROWS = 2_000;
/** A round mostly waits, so several can run at once. */
const AT_ONCE = 4;

const short = FAULTS.filter(({ shownBy, needs }) => !shownBy && needs !== 'CLUSTER');
const affecting = short.filter(({ affectsPostgres }) => affectsPostgres);
const others = short.filter((fault) => !affecting.includes(fault));

describe('imports survive every fault as documented', { concurrency: 2 }, () => {
  describe('faults that affect Postgres', { concurrency: 1 }, () => {
    runAll(affecting);
  });
  describe('other faults, and the harness', { concurrency: AT_ONCE }, () => {
    const postgres = runAll(others);
    test('every fault that is not run here names an existing test file', async () => {
      for (const { shownBy } of FAULTS)
        if (shownBy) await access(join(import.meta.dirname, '../../..', shownBy));
    });
    test('a wait that times out fails the round and names what it was waiting for', async (t) => {
      const result = await runRound(postgres(), REFUSED, { seed: SEED, rows: 100 }, t.signal);
      assert.equal(result.outcome, 'wrong');
      assert.match(result.failure ?? '', /^the upload was refused without an import: ECONNREFUSED/);
      const never = new Promise<never>(() => {});
      await assert.rejects(
        withTimeout('something that never happens', never, 10),
        /Timed out after 0\.01 s: something that never happens/,
      );
    });
  });
});

const REFUSED: Fault = {
  name: 'refused',
  description: 'a file is sent to a server that has stopped',
  servers: 1,
  async inject(round) {
    const { server } = round;
    await server.stop();
    await round.reaches(round.submit(server, round.makeFile()), ({ finished }) => finished);
  },
};

/** @returns their Postgres, once it is started */
function runAll(faults: readonly Fault[]): () => TorturePostgres {
  let postgres: TorturePostgres;
  before(async () => {
    postgres = await TorturePostgres.start();
  });
  after(() => postgres?.[Symbol.asyncDispose]());
  for (const fault of faults) {
    test(fault.name, async (t) => {
      const seed = SEED + FAULTS.indexOf(fault);
      const result = await runRound(postgres, fault, { seed, rows: ROWS }, t.signal);
      t.diagnostic(result.notes.join(', '));
      assert.equal(result.failure, undefined, describeFailure(result));
    });
  }
  return () => postgres;
}
