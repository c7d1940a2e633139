// An upload is written to disk as it arrives, can be read while it grows, and is either complete or not.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { DiskSpace } from '../../../src/ingest/spool/disk-space.ts';
import { Spool } from '../../../src/ingest/spool/spool.ts';
import { temporarySpool } from '../../support/files/uploads.ts';
import { memoryInUse } from '../../support/memory-in-use.ts';
import { mountSmallDisk, NO_SMALL_DISK } from '../../support/server/small-disk.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ID = '0b8f2f0e-58a5-4b07-9d4f-6b0f3d5f3a11';
const MIB = 1024 * 1024;

test('an upload is counted, hashed and kept', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  const progress: number[] = [];
  const upload = await spool.write(ID, Readable.from([Buffer.from('name,'), Buffer.from('sku')]), {
    onBytes: (bytes) => progress.push(bytes),
  });
  const sha256 = createHash('sha256').update('name,sku').digest('hex');
  assert.deepEqual(upload, { bytes: 8, sha256 });
  assert.deepEqual(progress, [5, 8]);
  assert.deepEqual(await readdir(folder), [ID]);
  assert.equal(await spool.isComplete(ID), true);
  assert.equal(await text(spool.follow(ID)), 'name,sku');
});

test('an upload in chunks of one byte, more of which arrive than are written, takes little memory', async (t) => {
  const { spool } = await temporarySpool(t);
  const before = memoryInUse();
  let sent = 0;
  let most = 0;
  const source = new Readable({
    read() {
      this.push(sent++ < 600_000 ? Buffer.from('a') : null);
      if (sent % 200_000 === 0) most = Math.max(most, memoryInUse() - before);
    },
  });
  assert.equal((await spool.write(ID, source)).bytes, 600_000);
  assert.ok(most < 16 * MIB, `${most} bytes`);
});

test('a reader gets the bytes as they arrive, even if it begins before the writer', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const reader = spool.follow(ID);
  const first = reader.next();
  const written = spool.write(ID, source);
  source.write('one');
  assert.equal(String((await first).value), 'one');
  const second = reader.next();
  const more = 'x'.repeat(300_000);
  source.write(more);
  assert.equal(String((await second).value), more);
  const end = reader.next();
  source.end();
  assert.equal((await end).done, true);
  await written;
});

test('several readers, including slow and late ones, each get all of a large upload', async (t) => {
  const { spool } = await temporarySpool(t);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const source = Readable.from(Array.from({ length: 100 }, () => chunk));
  const written = spool.write(ID, source);
  const lengthRead = async (pause: boolean) => {
    let length = 0;
    for await (const bytes of spool.follow(ID)) {
      length += bytes.length;
      if (pause) await turn();
    }
    return length;
  };
  const lengths = await Promise.all([lengthRead(false), lengthRead(true)]);
  await written;
  assert.deepEqual([...lengths, await lengthRead(false)], [6_553_600, 6_553_600, 6_553_600]);
});

test('another process finds complete uploads only', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  await spool.write('complete', Readable.from([Buffer.from('all')]));
  await writeFile(join(folder, 'broken.part'), 'hal');
  const later = new Spool(folder);
  assert.deepEqual((await later.list()).sort(), ['broken', 'complete']);
  assert.equal(await text(later.follow('complete')), 'all');
  assert.equal(await later.isComplete('broken'), false);
  await assert.rejects(text(later.follow('broken')), { code: 'UPLOAD_INTERRUPTED' });
  await assert.rejects(later.openComplete('broken'), { code: 'UPLOAD_INTERRUPTED' });
  await assert.rejects(text(later.follow('unheard-of')), { code: 'UPLOAD_INTERRUPTED' });
  await later.remove('broken');
  await later.remove('complete');
  assert.deepEqual(await later.list(), []);
});

test('a client that disconnects fails the upload and its readers, and the partial file stays until it is removed', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = assert.rejects(spool.write(ID, source), /gone/);
  const reader = spool.follow(ID);
  source.write('half');
  assert.equal(String((await reader.next()).value), 'half');
  const rest = assert.rejects(reader.next(), { code: 'UPLOAD_INTERRUPTED' });
  source.destroy(new Error('gone'));
  await Promise.all([written, rest]);
  assert.equal(await spool.isComplete(ID), false);
  assert.deepEqual(await spool.list(), [ID]);
  await spool.remove(ID);
  assert.deepEqual(await spool.list(), []);
});

test('a stream that has failed before it is read fails the upload', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = assert.rejects(spool.write(ID, source), /gone/);
  source.destroy(new Error('gone'));
  await written;
});

test('an aborted upload rejects with the reason, and so do its readers', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const stop = new AbortController();
  const reason = new Error('cancelled');
  const written = assert.rejects(spool.write(ID, source, { signal: stop.signal }), reason);
  const read = assert.rejects(text(spool.follow(ID, stop.signal)), reason);
  const opened = assert.rejects(spool.openComplete(ID, stop.signal), reason);
  source.write('half');
  await turn();
  stop.abort(reason);
  await Promise.all([written, read, opened]);
  assert.equal(source.destroyed, true);
});

test('an upload over the size limit is rejected', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = Readable.from([Buffer.alloc(60), Buffer.alloc(60)]);
  await assert.rejects(spool.write(ID, source, { maxBytes: 100 }), {
    code: 'FILE_TOO_LARGE',
    message: /more than 100 bytes/,
  });
  assert.equal(source.destroyed, true);
  await spool.write('fits', Readable.from([Buffer.alloc(100)]), { maxBytes: 100 });
});

test('an id can be used only once', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  await spool.write(ID, Readable.from([Buffer.from('first')]));
  await assert.rejects(spool.write(ID, Readable.from([Buffer.from('second')])), { code: 'IMPORT_ID_TAKEN' });
  const later = new Spool(folder);
  await assert.rejects(later.write(ID, Readable.from([Buffer.from('third')])), { code: 'IMPORT_ID_TAKEN' });
  assert.equal(await text(spool.follow(ID)), 'first');
});

test('an upload removed before its file is created leaves no file', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  const failed = AbortSignal.abort(new Error('cancelled'));
  for (const signal of [undefined, failed]) {
    const written = spool.write(ID, Readable.from([Buffer.from('one')]), signal && { signal });
    await spool.remove(ID);
    await written.catch(() => {});
    assert.deepEqual(await readdir(folder), []);
  }
});

test('an upload removed while it arrives leaves no file', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = spool.write(ID, source);
  const reader = spool.follow(ID);
  source.write('half');
  await reader.next();
  await spool.remove(ID);
  source.end();
  assert.equal((await written).bytes, 4);
  await reader.return();
  assert.deepEqual(await spool.list(), []);
});

test('a data folder that is not a folder is reported with advice', async (t) => {
  const { folder } = await temporarySpool(t);
  await writeFile(folder, '');
  const source = new PassThrough();
  await assert.rejects(new Spool(folder).write(ID, source), {
    code: 'SPOOL_UNAVAILABLE',
    message: /Set DATA_DIR/,
  });
  assert.equal(source.destroyed, true);
});

test('a data folder that is not writable is reported with advice', {
  skip: process.getuid?.() === 0,
}, async (t) => {
  const { folder } = await temporarySpool(t);
  await mkdir(folder, { mode: 0o500 });
  const written = new Spool(folder).write(ID, Readable.from([Buffer.from('x')]));
  await assert.rejects(written, { code: 'SPOOL_UNAVAILABLE', message: /may not write/ });
});

test('uploads are not readable for other users', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  await spool.write(ID, Readable.from([Buffer.from('x')]));
  assert.equal((await stat(join(folder, ID))).mode & 0o077, 0);
  assert.equal((await stat(folder)).mode & 0o077, 0);
});

test('an upload that does not fit on the disk beside the reserve is rejected before it is read', async (t) => {
  const { folder } = await temporarySpool(t);
  const free = await freeBytes(dirname(folder));
  const spool = new Spool(folder, new DiskSpace(folder, 2 * free));
  for (const sizeHint of [undefined, 0, 5 * MIB]) {
    let read = 0;
    const source = new Readable({
      read() {
        read++;
      },
    });
    await assert.rejects(spool.write(ID, source, { sizeHint }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'SPOOL_FULL');
      const reserve = `${Math.ceil((2 * free) / MIB)} MiB to be left free \\(SPOOL_RESERVE_BYTES\\)`;
      const needed = sizeHint ? `5 MiB for this file and ${reserve}` : reserve;
      assert.match(error.message, new RegExp(`it needs ${needed}, and \\d+ MiB are free\\. Free some space`));
      return true;
    });
    assert.equal(read, 0);
    assert.equal(source.destroyed, true);
    assert.deepEqual(await readdir(folder), [], 'no file was made');
    await spool.remove(ID);
  }
  await new Spool(folder).write(ID, Readable.from([Buffer.from('x')]));
});

test('if two uploads do not fit together, the second is rejected until the first is removed', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  const sizeHint = Math.floor(0.6 * (await freeBytes(dirname(folder))));
  const first = new PassThrough();
  const second = new PassThrough();
  const firstEnds = assert.rejects(spool.write('first', first, { sizeHint }), /gone/);
  // Its file is created once its space is reserved.
  await waitUntil('the first has its space', async () => (await spool.list()).includes('first'));
  await assert.rejects(spool.write('second', second, { sizeHint }), {
    code: 'SPOOL_FULL',
    message: /\d+ MiB for this file and \d+ MiB for other uploads in progress, and \d+ MiB are free/,
  });
  assert.equal(second.destroyed, true);
  await spool.remove('second');
  await spool.write('small', Readable.from([Buffer.from('x')]), { sizeHint: 1 });

  first.destroy(new Error('gone'));
  await firstEnds;
  const again = await spool.write('second', Readable.from([Buffer.from('fits')]), { sizeHint });
  assert.equal(again.bytes, 4);
  const third = await spool.write('third', Readable.from([Buffer.from('fits')]), { sizeHint });
  assert.equal(third.bytes, 4, 'an upload that is complete expects nothing more');
});

test('bytes that an upload has written are not counted twice', { skip: NO_SMALL_DISK }, async (t) => {
  const folder = await mountSmallDisk(t, 40);
  if (!folder) return;
  const spool = new Spool(join(folder, 'spool'), new DiskSpace(folder, 8 * MIB));
  const source = new PassThrough();
  const written = spool.write('first', source, { sizeHint: 20 * MIB });
  source.write(Buffer.alloc(19 * MIB));
  await waitUntil('it is written', async () => (await freeBytes(folder)) <= 21 * MIB);
  await waitUntil('there is room for another', () => tryWrite(spool, 'second', 10 * MIB));
  assert.equal(await tryWrite(spool, 'third', 15 * MIB), false);
  source.end();
  assert.equal((await written).bytes, 19 * MIB);
});

test('an upload of unknown size fails when the disk is full, and the next one succeeds once there is space', {
  skip: NO_SMALL_DISK,
}, async (t) => {
  const folder = await mountSmallDisk(t, 8);
  if (!folder) return;
  const spool = new Spool(join(folder, 'spool'));
  const source = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000, 'x')));
  const written = assert.rejects(spool.write(ID, source), {
    code: 'SPOOL_FULL',
    message: /its disk is full. Free some space/,
  });
  const read = assert.rejects(text(spool.follow(ID)), { code: 'UPLOAD_INTERRUPTED' });
  await Promise.all([written, read]);
  assert.equal(await freeBytes(folder), 0);
  assert.equal(await spool.isComplete(ID), false);
  assert.equal(source.destroyed, true);

  await assert.rejects(spool.write('next', Readable.from([Buffer.from('x')])), { code: 'SPOOL_FULL' });
  await Promise.all([spool.remove(ID), spool.remove('next')]);
  await spool.write('next', Readable.from([Buffer.alloc(7 * MIB)]), { sizeHint: 7 * MIB });
  assert.equal(await spool.isComplete('next'), true);
});

test('an upload of unknown size stops before it uses the reserve or the space reserved for another upload', {
  skip: NO_SMALL_DISK,
}, async (t) => {
  const folder = await mountSmallDisk(t, 160);
  if (!folder) return;
  const block = Buffer.alloc(MIB);
  const endless = () =>
    new Readable({
      read() {
        this.push(block);
      },
    });
  const reserving = new Spool(join(folder, 'spool'), new DiskSpace(folder, 64 * MIB));
  await assert.rejects(reserving.write(ID, endless()), {
    code: 'SPOOL_FULL',
    message: /it needs 64 MiB to be left free \(SPOOL_RESERVE_BYTES\), and \d+ MiB are free/,
  });
  assert.ok((await freeBytes(folder)) > 0, 'the disk was not filled');
  await reserving.remove(ID);

  const spool = new Spool(join(folder, 'spool'));
  const promised = new PassThrough();
  const kept = spool.write('promised', promised, { sizeHint: 64 * MIB });
  await assert.rejects(spool.write(ID, endless()), {
    code: 'SPOOL_FULL',
    message: /it needs 64 MiB for other uploads in progress, and \d+ MiB are free/,
  });
  await spool.remove(ID);
  promised.end(Buffer.alloc(64 * MIB));
  assert.equal((await kept).bytes, 64 * MIB);
});

test('an upload of known size stops if others have filled the disk in the meantime', {
  skip: NO_SMALL_DISK,
}, async (t) => {
  const folder = await mountSmallDisk(t, 160);
  if (!folder) return;
  const spool = new Spool(join(folder, 'spool'), new DiskSpace(folder, 32 * MIB));
  const source = new PassThrough();
  const written = assert.rejects(spool.write(ID, source, { sizeHint: 120 * MIB }), { code: 'SPOOL_FULL' });
  source.write(Buffer.alloc(60 * MIB));
  await waitUntil('the beginning is written', async () => (await freeBytes(folder)) <= 100 * MIB);
  await writeFile(join(folder, 'other'), Buffer.alloc(80 * MIB));
  source.write(Buffer.alloc(10 * MIB));
  await written;
  assert.equal(await freeBytes(folder), 20 * MIB);
  await Promise.all([spool.remove(ID), rm(join(folder, 'other'))]);
  await spool.write('next', Readable.from([Buffer.alloc(MIB)]), { sizeHint: 120 * MIB });
});

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Whether an upload that announces this size, and has one byte, is accepted. */
async function tryWrite(spool: Spool, id: string, sizeHint: number): Promise<boolean> {
  try {
    await spool.write(id, Readable.from([Buffer.from('x')]), { sizeHint });
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'SPOOL_FULL');
    return false;
  } finally {
    await spool.remove(id);
  }
}

test('chunks are freed once they are written, if their sender says so', async (t) => {
  const { spool } = await temporarySpool(t);
  const make = () => Array.from({ length: 40 }, (_, index) => Buffer.allocUnsafeSlow(64 * 1024).fill(index));
  for (const freesChunks of [true, false]) {
    const chunks = make();
    const id = `frees-${freesChunks}`;
    await spool.write(id, Readable.from(chunks), { freesChunks });
    assert.ok(chunks.every(({ length }) => length === (freesChunks ? 0 : 64 * 1024)));
    const read: Buffer[] = [];
    for await (const chunk of spool.follow(id)) read.push(chunk);
    assert.ok(Buffer.concat(read).equals(Buffer.concat(make())));
  }
});
