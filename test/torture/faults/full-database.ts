// The disk of the database is full for a while: imports try again until there is room.

import { chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { pause } from '../pauses.ts';
import type { Round } from '../round.ts';
import { SmallDisk } from '../small-disk.ts';

const DISK_BYTES = 256 * 2 ** 20;
/** How much of the disk may be left, in percent of the file's size. */
const MOST_ROOM = 60;

/** Of the rounds that have one. */
const disks = new WeakMap<Round, SmallDisk>();

export const fullDatabase: Fault = {
  name: 'full-database',
  about: 'a small disk for the tables, full for some seconds (where disks can be mounted)',
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
    round.defer(await round.postgres.moveTables(round.databaseName, tables));
    disks.set(round, disk);
  },
  async strike(round) {
    const file = round.makeFile();
    const disk = disks.get(round);
    if (!disk) round.note('no disk can be mounted here');
    await disk?.fill(Math.floor((file.bytes.length * round.random.below(MOST_ROOM)) / 100));
    const submission = round.submit(round.server, file);
    await Promise.race([submission.sent, delay(2_000)]);
    await pause(round, 500, 4_000);
    const { waitingFor } = (await round.importRow(submission.id)) ?? {};
    round.note(waitingFor ? `waits for ${waitingFor}` : 'does not wait');
    await disk?.empty();
    const { code } = await submission.replied();
    if (await round.importRow(submission.id)) return;
    // Not even the import itself could be noted.
    submission.endings = ['REFUSED'];
    if (code !== 'DATABASE_FULL') throw new Error(`a database without room was answered ${code}`);
  },
};
