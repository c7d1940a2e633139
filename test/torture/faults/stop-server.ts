// A server is asked to end while it works: a sibling goes on with its imports, or the next start does.

import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { judgeStop } from '../judge.ts';
import { atMoment, type Moment } from '../moment.ts';
import { pause } from '../pauses.ts';
import type { Round } from '../round.ts';

export const stopServer: Fault[] = [
  {
    name: 'stop-server-with-sibling',
    about: 'SIGTERM in the middle of an import; another server runs',
    servers: 2,
    strike: (round) => strike(round),
  },
  {
    name: 'stop-server-then-restart',
    about: 'SIGTERM in the middle of an import; the server is started again',
    servers: 1,
    async strike(round) {
      await strike(round);
      await pause(round, 0, 1_000);
      await round.startServer();
    },
  },
];

async function strike(round: Round): Promise<void> {
  const inTime = round.random.chance(50);
  const stop = async ({ stage, submission, release }: Moment) => {
    // Requests under way are given some seconds: an upload may make it.
    if (stage === 'receiving') submission.endings = ['COMPLETED', 'UPLOAD_INTERRUPTED'];
    const stopped = round.server.stop();
    if (inTime) await delay(round.random.below(1_500)).then(release);
    judgeStop(await stopped);
  };
  await atMoment(round, round.server, stop);
}
