// A server, or a node of a cluster, is killed at a step of a first load: at any moment, when superseded rows have been moved and
// counts have not been written, and while it waits to replace the tables.

import { setTimeout as delay } from 'node:timers/promises';
import { type Hold, hold, holdMerges } from '../clients/hold.ts';
import type { Submission } from '../clients/submission.ts';
import type { Fault } from '../fault.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';
import { lose } from './lose-node.ts';

const RESUME_TIMEOUT_MS = 10_000;
/** About as long as a first load of the round's file takes. */
const MAX_DELAY_MS = 500;

/** What stops a first load at a step, as another user of the database may. */
const STEPS: Record<string, (url: string) => Promise<Hold | undefined>> = {
  'at any moment': async () => undefined,
  'before it writes counts': holdMerges,
  // For a second, then the rows are merged in the ordinary way.
  'before it replaces the tables': (url) => hold(url, 'LOCK TABLE products IN ACCESS SHARE MODE'),
};

export const killFirstLoad: Fault[] = [
  {
    name: 'kill-server-first-load',
    description: 'kill -9 of the server at a step of a first load',
    shownBy: 'test/ingest/merge/first-load.test.ts',
    servers: 'one or two',
    catalogue: 'empty',
    inject: (round) => atStep(round, killServer),
  },
  {
    name: 'kill-node-first-load',
    description: 'kill -9 of a node of the cluster at a step of a first load',
    needs: 'CLUSTER',
    affectsPostgres: true,
    servers: 'one or two',
    catalogue: 'empty',
    inject: (round) => atStep(round, () => lose(round, [round.random.pick(round.cluster.nodes)])),
  },
];

type Kill = (round: Round, submission: Submission, held: Hold | undefined) => Promise<void>;

async function atStep(round: Round, kill: Kill): Promise<void> {
  const { random, database } = round;
  const step = random.pick(Object.keys(STEPS));
  round.note(step);
  // Without a size, it may be a large file.
  const gated = { sized: false, share: 0.9 };
  const submission = round.submit(round.server, round.makeFile(), gated);
  await round.reaches(
    submission,
    ({ status, finished }) => finished || status === 'LOADING' || status === 'RECEIVING',
  );
  const held = await STEPS[step]?.(database.url);
  try {
    submission.openGate();
    await round.reaches(submission, ({ status, finished }) => finished || status === 'MERGING');
    await requireFirstLoad(round);
    await delay(random.below(MAX_DELAY_MS));
    await kill(round, submission, held);
  } finally {
    await held?.release();
  }
}

async function killServer(round: Round, submission: Submission, held: Hold | undefined): Promise<void> {
  const owner = (await round.importRow(submission.id))?.owner;
  await round.server.kill();
  await held?.release();
  if (round.servers.every(({ hasEnded }) => hasEnded)) {
    await randomPause(round, 0, 1_500);
    await round.startServer();
  }
  await round.reaches(submission, (row) => row.finished || row.owner !== owner, RESUME_TIMEOUT_MS);
}

/** @throws Error if rows are staged that are not for a first load */
async function requireFirstLoad({ database }: Round): Promise<void> {
  const unlogged = await database.sql`
    SELECT FROM pg_class
    WHERE relnamespace = to_regnamespace('loadstone_staging') AND relkind = 'r' AND relpersistence = 'u'
      AND relname ~ '_[0-9]+_[0-9]+$'`;
  if (unlogged.length > 0) throw new Error('the file is not staged for a first load');
}
