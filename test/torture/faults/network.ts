// The way from a server to Postgres is cut, stalls, or is slow for a while; Postgres itself is well.

import type { Fault } from '../fault.ts';
import { atMoment, type Moment } from '../moment.ts';
import { patiently } from '../patiently.ts';
import { pause } from '../pauses.ts';
import type { Round } from '../round.ts';
import type { ServerProcess } from '../server-process.ts';

const STALL_NOTICED_WITHIN_MS = 30_000;

export const network: Fault[] = [
  {
    name: 'cut-network',
    about: 'all connections of a server to Postgres are reset, and new ones refused for a while',
    servers: 'one or two',
    async strike(round) {
      await atMoment(round, round.server, async (moment) => {
        const cut = struck(round, moment);
        await Promise.all(cut.map(({ relay }) => relay.cut()));
        await moment.release();
        await pause(round, 200, 6_000);
        await Promise.all(cut.map(({ relay }) => relay.heal()));
      });
    },
  },
  {
    name: 'stall-network',
    about: 'all bytes between a server and Postgres vanish and nothing closes: noticed within 30 s',
    servers: 'one or two',
    async strike(round) {
      await atMoment(round, round.server, async (moment) => {
        const { server } = round;
        mayBeGivenUp(round, moment);
        server.relay.stall();
        const begun = Date.now();
        if (round.random.chance(50)) await moment.release();
        await patiently(
          'a stalled network is noticed',
          () => expectNoticed(round, server),
          STALL_NOTICED_WITHIN_MS,
        );
        round.note(`noticed after ${Math.round((Date.now() - begun) / 1000)} s`);
        await pause(round, 0, 3_000);
        await server.relay.heal();
      });
    },
  },
  {
    name: 'pause-network',
    about: 'bytes between a server and Postgres are held back for some seconds, and then arrive',
    servers: 'one or two',
    async strike(round) {
      await atMoment(round, round.server, async (moment) => {
        const { relay } = round.server;
        relay.pause();
        if (round.random.chance(50)) await moment.release();
        await pause(round, 500, 8_000);
        await relay.heal();
      });
    },
  },
];

async function expectNoticed({ database }: Round, { relay }: ServerProcess): Promise<void> {
  const ports = relay.stalledPorts;
  if (ports.length === 0) return;
  const kept = await database.sql`
    SELECT application_name AS name, state, query FROM pg_stat_activity WHERE client_port = ANY (${ports})`;
  throw new Error(`${ports.length} connections are kept: ${JSON.stringify(kept)}`);
}

/** The server at work alone, or all of them. */
function struck(round: Round, moment: Moment): ServerProcess[] {
  if (round.random.chance(50)) return round.servers;
  mayBeGivenUp(round, moment);
  return [round.server];
}

/** A sibling cannot tell a server without network from a dead one: an upload that arrives there may be given up. */
function mayBeGivenUp({ sibling }: Round, { stage, submission }: Moment): void {
  if (sibling && stage === 'receiving') submission.endings = ['COMPLETED', 'UPLOAD_INTERRUPTED'];
}
