// The disk of the spool is full: a file is refused and nothing of it stays; when there is room it is imported.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fault } from '../fault.ts';
import type { ProductFile } from '../product-file.ts';
import type { Round } from '../round.ts';

const run = promisify(execFile);

const MB = 2 ** 20;
/** A small disk, of which the server leaves so much free. */
const DISK_BYTES = 64 * MB;
const RESERVE_BYTES = 8 * MB;

/** Rounds with a disk of their own. */
const onSmallDisk = new WeakSet<Round>();

export const fullSpool: Fault[] = [
  {
    name: 'full-spool',
    about: 'a small disk for the spool, which others fill (where disks can be mounted)',
    servers: 'one or two',
    async prepare(round) {
      try {
        await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'loadstone-torture', round.dataDir]);
      } catch {
        round.note('no disk can be mounted here');
        return;
      }
      round.defer(() => run('umount', ['-l', round.dataDir]).then(() => {}));
      round.settings['SPOOL_RESERVE_BYTES'] = String(RESERVE_BYTES);
      onSmallDisk.add(round);
    },
    strike: (round) => (onSmallDisk.has(round) ? fillDisk(round) : reserveAll(round)),
  },
  {
    name: 'full-spool-reserve',
    about: 'more is to stay free on the disk of the spool than is free',
    servers: 1,
    strike: reserveAll,
  },
];

async function fillDisk(round: Round): Promise<void> {
  const file = round.makeFile();
  const filler = join(round.dataDir, 'filler');
  const room = Math.floor((file.bytes.length * round.random.below(60)) / 100);
  const { bavail, bsize } = await statfs(round.dataDir);
  await writeFile(filler, Buffer.alloc(bavail * bsize - room));
  await expectRefusal(round, file);
  await rm(filler);
  await round.submit(round.server, file).reply;
}

async function reserveAll(round: Round): Promise<void> {
  const file = round.makeFile();
  const { bavail, bsize } = await statfs(round.dataDir);
  await round.server.stop();
  await round.startServer({ SPOOL_RESERVE_BYTES: String(2 * bavail * bsize) });
  await expectRefusal(round, file);
  await round.server.stop();
  await round.startServer();
  await round.submit(round.server, file).reply;
}

async function expectRefusal(round: Round, file: ProductFile): Promise<void> {
  const refused = round.submit(round.server, file, { id: randomUUID(), sized: round.random.chance(50) });
  refused.endings = ['SPOOL_FULL', 'REFUSED'];
  const { code } = await refused.reply;
  if (code !== 'SPOOL_FULL')
    throw new Error(`a file without room in the spool was answered ${code ?? 'well'}`);
}
