// The spool's disk is full: an upload is refused and leaves nothing behind; with space again, it is imported.

import { statfs } from 'node:fs/promises';
import type { ProductFile } from '../clients/product-file.ts';
import type { Fault } from '../fault.ts';
import { SmallDisk } from '../machines/small-disk.ts';
import type { Round } from '../round.ts';

const MB = 2 ** 20;
/** Size of the disk, and how much of it the server leaves free. */
const DISK_BYTES = 64 * MB;
const RESERVE_BYTES = 8 * MB;

/** By round. */
const disks = new WeakMap<Round, SmallDisk>();

export const fullSpool: Fault[] = [
  {
    name: 'full-spool',
    description: 'other programs fill the disk of the spool (where tmpfs can be mounted)',
    shownBy: 'test/ingest/spool/spool.unit.test.ts',
    servers: 'one or two',
    async prepare(round) {
      const disk = await SmallDisk.mount(round.dataDir, DISK_BYTES);
      if (!disk) return;
      round.defer(() => disk[Symbol.asyncDispose]());
      round.settings['SPOOL_RESERVE_BYTES'] = String(RESERVE_BYTES);
      disks.set(round, disk);
    },
    async inject(round) {
      const disk = disks.get(round);
      if (disk) return fillDisk(round, disk);
      round.note('tmpfs cannot be mounted here');
      return reserveAll(round);
    },
  },
  {
    name: 'full-spool-reserve',
    description: 'SPOOL_RESERVE_BYTES exceeds the free space of the disk',
    shownBy: 'test/app/files/bad-input.test.ts',
    servers: 1,
    inject: reserveAll,
  },
];

async function fillDisk(round: Round, disk: SmallDisk): Promise<void> {
  const file = round.makeFile();
  await disk.fill(Math.floor((file.bytes.length * round.random.below(60)) / 100));
  await expectRefusal(round, file);
  await disk.empty();
  await round.submit(round.server, file).replied();
}

async function reserveAll(round: Round): Promise<void> {
  const file = round.makeFile();
  const { bavail, bsize } = await statfs(round.dataDir);
  for (const server of round.servers) await server.stop();
  await round.startServer({ SPOOL_RESERVE_BYTES: String(2 * bavail * bsize) });
  await expectRefusal(round, file);
  await round.server.stop();
  await round.startServer();
  await round.submit(round.server, file).replied();
}

async function expectRefusal(round: Round, file: ProductFile): Promise<void> {
  const refused = round.submit(round.server, file, { sized: round.random.chance(50) });
  refused.allowedOutcomes = ['SPOOL_FULL', 'REFUSED'];
  const { code } = await refused.replied();
  if (code !== 'SPOOL_FULL')
    throw new Error(`with a full spool, the upload was answered with ${code ?? 'success'}`);
}
