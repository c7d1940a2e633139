// Postgres cancels statements, or refuses connections.

import { atStage } from '../at-stage.ts';
import type { Fault } from '../fault.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';

export const statements: Fault[] = [
  {
    name: 'cancel-statement',
    description: 'running statements are cancelled, as by statement_timeout or an administrator',
    shownBy: 'test/app/faults/survive.test.ts',
    servers: 'one or two',
    async inject(round) {
      await atStage(round, round.server, async ({ release }) => {
        const cancels = round.random.between(1, 6);
        const releaseAt = round.random.below(cancels + 1);
        for (let done = 0; done < cancels; done++) {
          if (done === releaseAt) await release();
          await cancelOne(round);
          await randomPause(round, 0, 200);
        }
      });
    },
  },
  {
    name: 'connection-limit',
    description: 'the database refuses new connections for a while; sometimes existing ones are terminated',
    needs: 'EMBEDDED',
    servers: 'one or two',
    async inject(round) {
      const { embedded, database, databaseName } = round;
      await atStage(round, round.server, async ({ release }) => {
        await embedded.limitConnections(databaseName, 0);
        try {
          if (round.random.chance(50)) {
            round.note('sessions ended');
            await database.sql`
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND application_name LIKE 'loadstone%'`;
          }
          await release();
          await randomPause(round, 500, 5_000);
        } finally {
          await embedded.limitConnections(databaseName, -1);
        }
      });
    },
  },
];

async function cancelOne(round: Round): Promise<void> {
  const busy = await round.database.sql<{ pid: number; name: string }[]>`
    SELECT pid, application_name AS name FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone%' AND state = 'active'
    ORDER BY backend_start`;
  if (busy.length === 0) return;
  const { pid, name } = round.random.pick(busy);
  const cancelled = await round.database.sql`SELECT pg_cancel_backend(${pid}::integer)`;
  if (cancelled.length > 0) round.note(`cancelled ${name}`);
}
