// Postgres cancels statements, or grants no more connections.

import type { Fault } from '../fault.ts';
import { atMoment } from '../moment.ts';
import { pause } from '../pauses.ts';
import type { Round } from '../round.ts';

export const statements: Fault[] = [
  {
    name: 'cancel-statement',
    about: 'statements that run are cancelled, as a statement_timeout or an administrator does',
    servers: 'one or two',
    async strike(round) {
      await atMoment(round, round.server, async ({ release }) => {
        const cancels = round.random.between(1, 6);
        const releaseAt = round.random.below(cancels + 1);
        for (let done = 0; done < cancels; done++) {
          if (done === releaseAt) await release();
          await cancelOne(round);
          await pause(round, 0, 200);
        }
      });
    },
  },
  {
    name: 'connection-limit',
    about: 'the database grants no further connection for a while; sometimes those that were open end',
    servers: 'one or two',
    async strike(round) {
      const { postgres, database, databaseName } = round;
      await atMoment(round, round.server, async ({ release }) => {
        await postgres.limitConnections(databaseName, 0);
        try {
          if (round.random.chance(50)) {
            round.note('sessions ended');
            await database.sql`
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND application_name LIKE 'loadstone%'`;
          }
          await release();
          await pause(round, 500, 5_000);
        } finally {
          await postgres.limitConnections(databaseName, -1);
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
  const cancelled = await round.database.sql`SELECT pg_cancel_backend(${pid})`;
  if (cancelled.length > 0) round.note(`cancelled ${name}`);
}
