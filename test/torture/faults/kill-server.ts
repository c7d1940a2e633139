// A server is killed; a sibling takes its import over, or the next start does.

import type { Fault } from '../fault.ts';
import { atMoment, STAGES, type Stage } from '../moment.ts';
import { pause } from '../pauses.ts';
import type { Round } from '../round.ts';

const TAKEN_OVER_WITHIN_MS = 10_000;

export const killServer: Fault[] = STAGES.map((stage) => ({
  name: `kill-server-${stage}`,
  about: `kill -9 of the server while its import is ${stage}`,
  servers: 'one or two',
  strike: (round) => strike(round, stage),
}));

async function strike(round: Round, stage: Stage): Promise<void> {
  const kill = async ({ submission, release }: Parameters<Parameters<typeof atMoment>[2]>[0]) => {
    if (stage === 'receiving') submission.endings = ['UPLOAD_INTERRUPTED'];
    const owner = (await round.importRow(submission.id))?.owner;
    await round.server.kill();
    await release();
    const begun = Date.now();
    if (round.servers.every(({ hasEnded }) => hasEnded)) {
      await pause(round, 0, 1_500);
      await round.startServer();
    }
    await round.reaches(submission, (row) => row.finished || row.owner !== owner, TAKEN_OVER_WITHIN_MS);
    round.note(`taken over after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  };
  await atMoment(round, round.server, kill, [stage]);
}
