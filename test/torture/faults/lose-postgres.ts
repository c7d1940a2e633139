// Postgres, or one of its processes, ends in the middle of an import, and comes back.

import type { Fault } from '../fault.ts';
import { atMoment } from '../moment.ts';
import type { End } from '../postgres.ts';
import type { Round } from '../round.ts';

export const losePostgres: Fault[] = [
  restart('restart-postgres-fast', 'Postgres is restarted in order, which ends all sessions', 'SIGINT'),
  restart('restart-postgres-immediate', 'Postgres is restarted without a checkpoint', 'SIGQUIT'),
  restart('kill-postmaster', 'kill -9 of the postmaster', 'SIGKILL'),
  {
    name: 'kill-backend',
    about: 'kill -9 of one process of Postgres that serves Loadstone: all of Postgres recovers',
    servers: 'one or two',
    hurtsPostgres: true,
    async strike(round) {
      await atMoment(round, round.server, async () => {
        const pid = await someBackend(round);
        if (pid === undefined) return;
        process.kill(pid, 'SIGKILL');
        await round.postgres.untilBack();
      });
    },
  },
];

function restart(name: string, about: string, end: End): Fault {
  return {
    name,
    about,
    servers: 'one or two',
    hurtsPostgres: true,
    async strike(round) {
      await atMoment(round, round.server, async () => {
        await round.postgres.restart(end);
      });
    },
  };
}

async function someBackend(round: Round): Promise<number | undefined> {
  const backends = await round.database.sql<{ pid: number; name: string }[]>`
    SELECT pid, application_name AS name FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'loadstone%' ORDER BY backend_start`;
  if (backends.length === 0) return undefined;
  const { pid, name } = round.random.pick(backends);
  round.note(name);
  return pid;
}
