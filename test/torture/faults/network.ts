// The network between a server and Postgres is cut, stalls or is delayed; Postgres itself keeps running.

import { atStage, type StageReached } from '../at-stage.ts';
import { eventually } from '../eventually.ts';
import type { Fault } from '../fault.ts';
import type { ServerProcess } from '../machines/server-process.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';

const STALL_TIMEOUT_MS = 30_000;

export const network: Fault[] = [
  {
    name: 'cut-network',
    description: 'connections to Postgres are reset, and new ones are refused for a while',
    servers: 'one or two',
    async inject(round) {
      await atStage(round, round.server, async (reached) => {
        const cut = affected(round, reached);
        await Promise.all(cut.map(({ relay }) => relay.cut()));
        await reached.release();
        await randomPause(round, 200, 6_000);
        await Promise.all(cut.map(({ relay }) => relay.heal()));
      });
    },
  },
  {
    name: 'stall-network',
    description:
      'all bytes between a server and Postgres are dropped and nothing closes: detected within 30 s',
    shownBy: 'test/app/faults/survive.test.ts',
    servers: 'one or two',
    async inject(round) {
      await atStage(round, round.server, async (reached) => {
        const { server } = round;
        mayBeInterrupted(round, reached);
        server.relay.stall();
        const begun = Date.now();
        if (round.random.chance(50)) await reached.release();
        await eventually(
          'the stalled network is detected',
          () => expectStallDetected(round, server),
          STALL_TIMEOUT_MS,
        );
        round.note(`detected after ${Math.round((Date.now() - begun) / 1000)} s`);
        await randomPause(round, 0, 3_000);
        await server.relay.heal();
      });
    },
  },
  {
    name: 'pause-network',
    description: 'all bytes between a server and Postgres are delayed by some seconds',
    servers: 'one or two',
    async inject(round) {
      await atStage(round, round.server, async (reached) => {
        const { relay } = round.server;
        relay.pause();
        if (round.random.chance(50)) await reached.release();
        await randomPause(round, 500, 8_000);
        await relay.heal();
      });
    },
  },
];

async function expectStallDetected({ database }: Round, { relay }: ServerProcess): Promise<void> {
  const ports = relay.stalledPorts;
  if (ports.length === 0) return;
  const kept = await database.sql`
    SELECT application_name AS name, state, query FROM pg_stat_activity WHERE client_port = ANY (${ports})`;
  throw new Error(`${ports.length} connections are still open: ${JSON.stringify(kept)}`);
}

/** The server that imports, or all of them. */
function affected(round: Round, reached: StageReached): ServerProcess[] {
  if (round.random.chance(50)) return round.servers;
  mayBeInterrupted(round, reached);
  return [round.server];
}

/** To the other server, one without network looks dead: it may fail an upload that is still arriving there. */
function mayBeInterrupted({ sibling }: Round, { stage, submission }: StageReached): void {
  if (sibling && stage === 'receiving') submission.allowedOutcomes = ['COMPLETED', 'UPLOAD_INTERRUPTED'];
}
