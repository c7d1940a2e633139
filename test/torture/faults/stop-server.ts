// A server gets SIGTERM during an import: the other server resumes it, or the next start does.

import { setTimeout as delay } from 'node:timers/promises';
import { atStage, type StageReached } from '../at-stage.ts';
import type { Fault } from '../fault.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';
import { expectCleanExit } from '../verify-round.ts';

export const stopServer: Fault[] = [
  {
    name: 'stop-server-with-sibling',
    description: 'SIGTERM in the middle of an import; another server runs',
    shownBy: 'test/app/faults/survive.test.ts',
    servers: 2,
    inject: (round) => inject(round),
  },
  {
    name: 'stop-server-then-restart',
    description: 'SIGTERM in the middle of an import; the server is started again',
    shownBy: 'test/app/faults/restart.test.ts',
    servers: 1,
    async inject(round) {
      await inject(round);
      await randomPause(round, 0, 1_000);
      await round.startServer();
    },
  },
];

async function inject(round: Round): Promise<void> {
  const inTime = round.random.chance(50);
  const stop = async ({ stage, submission, release }: StageReached) => {
    // A shutdown waits some seconds for requests: the upload may complete.
    if (stage === 'receiving') submission.allowedOutcomes = ['COMPLETED', 'UPLOAD_INTERRUPTED'];
    const stopped = round.server.stop();
    if (inTime) await delay(round.random.below(1_500)).then(release);
    expectCleanExit(await stopped);
  };
  await atStage(round, round.server, stop);
}
