// The moment of a fault: a stage of an import, and a random while after it was reached.

import { setTimeout as delay } from 'node:timers/promises';
import { type Hold, holdLoads, holdMerges } from './hold.ts';
import type { Round } from './round.ts';
import type { ServerProcess } from './server-process.ts';
import type { Submission } from './submission.ts';

export type Stage = 'receiving' | 'loading' | 'merging';

export const STAGES: readonly Stage[] = ['receiving', 'loading', 'merging'];

export interface Moment {
  stage: Stage;
  submission: Submission;
  /** Lets the import move on, as far as it can. */
  release(): Promise<void>;
}

const LATER_MS = 300;
/** Of a hundred moments, those in which the import is held where it is; in the others it moves on meanwhile. */
const HELD = 60;

/** Sends a file to the server, and strikes when it is at one of the stages. */
export async function atMoment(
  round: Round,
  server: ServerProcess,
  strike: (moment: Moment) => Promise<void>,
  stages: readonly Stage[] = STAGES,
): Promise<Submission> {
  const { random } = round;
  const stage = random.pick(stages);
  const file = round.makeFile();
  const share = random.between(5, 95) / 100;
  const later = random.below(LATER_MS);
  const isHeld = random.chance(HELD);
  const isHeldLate = stage === 'loading' && isHeld && random.chance(50);
  const gate = stage === 'receiving' || isHeldLate ? { share } : {};
  round.note(`${isHeld || stage === 'receiving' ? 'held ' : ''}${isHeldLate ? 'late ' : ''}while ${stage}`);

  let hold = isHeld && !isHeldLate ? await HOLDS[stage](round) : undefined;
  const submission = round.submit(server, file, { sized: random.chance(70), ...gate });
  const release = async () => {
    await hold?.release();
    submission.openGate();
  };
  try {
    if (isHeldLate) {
      await reached(round, submission, 'receiving');
      await delay(later);
      hold = await HOLDS[stage](round);
      submission.openGate();
    }
    await reached(round, submission, stage);
    await delay(later);
    await strike({ stage, submission, release });
  } finally {
    await release();
  }
  return submission;
}

const HOLDS: Record<Stage, (round: Round) => Promise<Hold | undefined>> = {
  // The rest of the file stays with the client.
  receiving: async () => undefined,
  loading: ({ database }) => holdLoads(database.url),
  merging: ({ database }) => holdMerges(database.url),
};

async function reached(round: Round, submission: Submission, stage: Stage): Promise<void> {
  await round.reaches(submission, ({ status, bytesReceived, finished }) => {
    if (finished) return true;
    if (stage === 'receiving') return bytesReceived > 0;
    return status === 'MERGING' || (stage === 'loading' && status === 'LOADING');
  });
}
