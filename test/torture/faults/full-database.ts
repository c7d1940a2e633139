// The database's disk is full for a while: imports retry until there is space.

import { chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Fault } from '../fault.ts';
import { SmallDisk } from '../machines/small-disk.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';

const MB = 2 ** 20;
const DISK_BYTES = 256 * MB;
/** Maximum free space, in percent of the file's size. */
const MAX_FREE = 60;

/** Percentage of rounds in which the disk is full while an import is undone. */
const UNDONE = 40;

/** By round. */
const disks = new WeakMap<Round, SmallDisk>();

export const fullDatabase: Fault = {
  name: 'full-database',
  description: 'the disk of the tables is full for some seconds (where tmpfs can be mounted)',
  shownBy: 'test/app/faults/limits.test.ts',
  needs: 'EMBEDDED',
  servers: 'one or two',
  async prepare(round) {
    const folder = join(round.postgres.folder, `${round.databaseName}_tables`);
    await mkdir(folder);
    const disk = await SmallDisk.mount(folder, DISK_BYTES);
    if (!disk) return;
    round.defer(() => disk[Symbol.asyncDispose]());
    const tables = join(folder, 'tables');
    await mkdir(tables);
    const { uid, gid } = await stat(join(round.postgres.folder, 'postgres'));
    await chown(tables, uid, gid);
    round.defer(await round.embedded.moveTables(round.databaseName, tables));
    disks.set(round, disk);
  },
  async inject(round) {
    const file = round.makeFile();
    const disk = disks.get(round);
    if (!disk) round.note('tmpfs cannot be mounted here');
    if (round.random.chance(UNDONE)) return undo(round, disk);
    await disk?.fill(Math.floor((file.bytes.length * round.random.below(MAX_FREE)) / 100));
    const submission = round.submit(round.server, file);
    await Promise.race([submission.sent, delay(2_000)]);
    await randomPause(round, 500, 4_000);
    const { waitingFor } = (await round.importRow(submission.id)) ?? {};
    round.note(waitingFor ? `waits for ${waitingFor}` : 'does not wait');
    await disk?.empty();
    const { code } = await submission.replied();
    if (await round.importRow(submission.id)) return;
    // There was no space even for the import's own row.
    submission.allowedOutcomes = ['REFUSED'];
    if (code !== 'DATABASE_FULL')
      throw new Error(`with a full database, the upload was answered with ${code}`);
  },
};

async function undo(round: Round, disk: SmallDisk | undefined): Promise<void> {
  round.note('while undoing');
  const submission = round.submit(round.server, round.makeFile());
  await round.reaches(submission, ({ finished }) => finished);
  await disk?.fill(round.random.below(MB));
  // Without space for its record, the undo is refused, and can be asked for again.
  const refused = await round.undo(submission.id).then(
    () => false,
    () => true,
  );
  if (refused) round.note('refused');
  await randomPause(round, 500, 4_000);
  await disk?.empty();
  if (refused) await eventually('the import is undone', () => round.undo(submission.id));
}
