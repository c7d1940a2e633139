// A server is killed: the other server resumes its import, or the next start does.

import { atStage, STAGES, type Stage, type StageReached } from '../at-stage.ts';
import type { Fault } from '../fault.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';

const RESUME_TIMEOUT_MS = 10_000;

const SHOWN_BY: Partial<Record<Stage, string>> = {
  receiving: 'test/app/faults/restart.test.ts',
  loading: 'test/app/faults/restart.test.ts',
  ready: 'test/app/imports/preview-survival.test.ts',
  merging: 'test/app/faults/survive.test.ts',
  undoing: 'test/app/imports/undo.test.ts',
};

const DESCRIPTIONS: Partial<Record<Stage, string>> = {
  ready: 'kill -9 of the server when a previewed import is READY',
  undoing: 'kill -9 of the server while it undoes an import',
};

export const killServer: Fault[] = STAGES.map((stage) => ({
  name: `kill-server-${stage}`,
  description: DESCRIPTIONS[stage] ?? `kill -9 of the server while it is ${stage} a file`,
  ...(SHOWN_BY[stage] && { shownBy: SHOWN_BY[stage] }),
  servers: 'one or two',
  inject: (round) => inject(round, stage),
}));

async function inject(round: Round, stage: Stage): Promise<void> {
  const kill = async ({ submission, importId, release }: StageReached) => {
    if (stage === 'receiving') submission.allowedOutcomes = ['UPLOAD_INTERRUPTED'];
    const owner = (await round.importRow(importId))?.owner;
    await round.server.kill();
    await release();
    const begun = Date.now();
    if (round.servers.every(({ hasEnded }) => hasEnded)) {
      await randomPause(round, 0, 1_500);
      await round.startServer();
    }
    await round.importReaches(importId, (row) => row.finished || row.owner !== owner, RESUME_TIMEOUT_MS);
    round.note(`resumed after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  };
  await atStage(round, round.server, kill, [stage]);
}
