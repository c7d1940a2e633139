// Postgres or one of its processes ends during an import, and is restarted.

import { atStage } from '../at-stage.ts';
import type { Fault } from '../fault.ts';
import type { EndSignal } from '../machines/postgres.ts';
import type { Round } from '../round.ts';

export const losePostgres: Fault[] = [
  restart('restart-postgres-fast', 'fast shutdown and restart of Postgres: all sessions end', 'SIGINT'),
  {
    ...restart(
      'restart-postgres-immediate',
      'immediate shutdown and restart of Postgres, without a checkpoint',
      'SIGQUIT',
    ),
    shownBy: 'test/app/faults/restart.test.ts',
  },
  {
    ...restart('kill-postmaster', 'kill -9 of the postmaster', 'SIGKILL'),
    shownBy: 'test/app/faults/restart.test.ts',
  },
  {
    name: 'kill-backend',
    description: 'kill -9 of a Postgres backend that serves Loadstone: Postgres recovers from the crash',
    servers: 'one or two',
    affectsPostgres: true,
    needs: 'EMBEDDED',
    async inject(round) {
      await atStage(round, round.server, async () => {
        const pid = await someBackend(round);
        if (pid === undefined) return;
        process.kill(pid, 'SIGKILL');
        await round.embedded.untilBack();
      });
    },
  },
];

function restart(name: string, description: string, end: EndSignal): Fault {
  return {
    name,
    description,
    servers: 'one or two',
    affectsPostgres: true,
    needs: 'EMBEDDED',
    async inject(round) {
      await atStage(round, round.server, async () => {
        await round.embedded.restart(end);
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
