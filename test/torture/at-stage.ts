// Injects a fault when an import has reached a stage, after a random delay.

import { setTimeout as delay } from 'node:timers/promises';
import { type Hold, holdLoads, holdMerges } from './clients/hold.ts';
import type { Submission } from './clients/submission.ts';
import type { ServerProcess } from './machines/server-process.ts';
import type { ImportRow, Round } from './round.ts';

/** UNDOING: the import has completed, and an undo of it is at work. */
export type Stage = 'receiving' | 'loading' | 'ready' | 'merging' | 'undoing';

export const STAGES: readonly Stage[] = ['receiving', 'loading', 'ready', 'merging', 'undoing'];

export interface Affected {
  submission: Submission;
  /** The import at the stage: that of the submission, or its undo. */
  importId: string;
}

export interface StageReached extends Affected {
  stage: Stage;
  /** Lets the import continue, as far as the fault allows. */
  release(): Promise<void>;
}

const MAX_DELAY_MS = 300;
/** Percentage of rounds in which the import is held at its stage; in the others it continues meanwhile. */
const HELD = 60;
/** Percentage of imports that are previewed and then committed. */
const PREVIEWED = 30;

/** Sends a file to the server and injects the fault when its import is at one of the stages. */
export async function atStage(
  round: Round,
  server: ServerProcess,
  inject: (reached: StageReached) => Promise<void>,
  stages: readonly Stage[] = STAGES,
): Promise<Affected> {
  const { random } = round;
  const stage = random.pick(stages);
  if (stage === 'undoing') return whileUndoing(round, server, inject);
  const file = round.makeFile();
  const share = random.between(5, 95) / 100;
  const delayMs = random.below(MAX_DELAY_MS);
  const isHeld = random.chance(HELD);
  const isHeldLate = stage === 'loading' && isHeld && random.chance(50);
  const gate = stage === 'receiving' || isHeldLate ? { share } : {};
  const preview = stage === 'ready' || random.chance(PREVIEWED);
  round.note(`${isHeld || stage === 'receiving' ? 'held ' : ''}${isHeldLate ? 'late ' : ''}while ${stage}`);
  if (preview) round.note('previewed');

  let hold = isHeld && !isHeldLate ? await HOLDS[stage](round) : undefined;
  const submission = round.submit(server, file, { sized: random.chance(70), preview, ...gate });
  const isCommittedLate = stage === 'ready' && isHeld;
  if (preview && !isCommittedLate) round.commitWhenReady(submission);
  let isReleased = false;
  const release = async () => {
    await hold?.release();
    submission.openGate();
    if (isCommittedLate && !isReleased) round.commitWhenReady(submission);
    isReleased = true;
  };
  try {
    if (isHeldLate) {
      await reached(round, submission, 'receiving');
      await delay(delayMs);
      hold = await HOLDS[stage](round);
      submission.openGate();
    }
    await reached(round, submission, stage);
    await delay(delayMs);
    await inject({ stage, submission, importId: submission.id, release });
  } finally {
    await release();
  }
  return { submission, importId: submission.id };
}

async function whileUndoing(
  round: Round,
  server: ServerProcess,
  inject: (reached: StageReached) => Promise<void>,
): Promise<Affected> {
  const { random } = round;
  const isHeld = random.chance(HELD);
  round.note(`${isHeld ? 'held ' : ''}while undoing`);
  const submission = round.submit(server, round.makeFile());
  await round.reaches(submission, ({ finished }) => finished);
  const hold = isHeld ? await HOLDS.undoing(round) : undefined;
  const release = async () => hold?.release();
  try {
    const importId = await round.undo(submission.id);
    await round.importReaches(importId, ({ status, finished }) => finished || status === 'MERGING');
    await delay(random.below(MAX_DELAY_MS));
    await inject({ stage: 'undoing', submission, importId, release });
    return { submission, importId };
  } finally {
    await release();
  }
}

const HOLDS: Record<Stage, (round: Round) => Promise<Hold | undefined>> = {
  // The client holds back the rest of the file.
  receiving: async () => undefined,
  loading: ({ database }) => holdLoads(database.url),
  // It is not committed.
  ready: async () => undefined,
  merging: ({ database }) => holdMerges(database.url),
  undoing: ({ database }) => holdMerges(database.url),
};

/** In the order of `STAGES`. */
const STATUSES: readonly ImportRow['status'][] = ['RECEIVING', 'LOADING', 'READY', 'MERGING'];

async function reached(round: Round, submission: Submission, stage: Stage): Promise<void> {
  await round.reaches(submission, ({ status, bytesReceived, finished }) => {
    if (finished) return true;
    if (stage === 'receiving') return bytesReceived > 0;
    return STAGES.indexOf(stage) <= STATUSES.indexOf(status);
  });
}
