// Debian's pgbouncer in front of a test's database, if it is installed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../../../bench/processes/free-port.ts';
import { releaseAfter } from '../release.ts';
import { createTemporaryFolder } from '../temporary-folder.ts';
import { waitUntil } from '../wait-until.ts';

const BINARY = '/usr/sbin/pgbouncer';

/** For `skip`: why pgbouncer is missing. */
export const NO_PGBOUNCER: string | false =
  process.platform === 'linux' && existsSync(BINARY)
    ? false
    : `there is no ${BINARY} (apt-get install pgbouncer)`;

/**
 * @param url of the database behind it
 * @param settings of pgbouncer.ini
 * @returns the address of the database through it
 */
export async function startPgbouncer(
  t: TestContext,
  url: string,
  settings: Record<string, string | number>,
): Promise<string> {
  const folder = await createTemporaryFolder(t);
  const { hostname, port, username, password, pathname } = new URL(url);
  const database = pathname.slice(1);
  const own = await freePort();
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: own,
    unix_socket_dir: '',
    auth_type: 'any',
    ...settings,
  };
  const ini = join(folder, 'pgbouncer.ini');
  await writeFile(
    ini,
    [
      '[databases]',
      `${database} = host=${hostname} port=${port} dbname=${database} user=${username} password=${password}`,
      '[pgbouncer]',
      ...Object.entries(lines).map(([name, value]) => `${name} = ${value}`),
    ].join('\n'),
  );
  chmodSync(folder, 0o755);
  chmodSync(ini, 0o644);
  // It refuses to run as root.
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(BINARY, ['-q', ...asNobody, ini], { stdio: 'ignore' });
  releaseAfter(t, () => stop(child));
  await waitUntil('pgbouncer listens', () => isListening(own));
  return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).href;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
