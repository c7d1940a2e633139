// An upload goes to disk as it comes, can be read while it grows, and is complete or it is not: nothing in between.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Spool } from '../../src/ingest/spool.ts';
import { temporarySpool } from '../support/uploads.ts';

const ID = '0b8f2f0e-58a5-4b07-9d4f-6b0f3d5f3a11';

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

test('several readers, slow and late ones too, each get all of a large upload', async (t) => {
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

test('another process finds a complete upload, and takes no other for one', async (t) => {
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

test('a client that goes away fails the upload and its readers, and leaves the beginning until it is removed', async (t) => {
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

test('a source that has failed before it is read fails the upload', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = assert.rejects(spool.write(ID, source), /gone/);
  source.destroy(new Error('gone'));
  await written;
});

test('an upload that is stopped rejects with the reason, and so do its readers', async (t) => {
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

test('an upload that is larger than allowed is refused', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = Readable.from([Buffer.alloc(60), Buffer.alloc(60)]);
  await assert.rejects(spool.write(ID, source, { maxBytes: 100 }), {
    code: 'FILE_TOO_LARGE',
    message: /more than 100 bytes/,
  });
  assert.equal(source.destroyed, true);
  await spool.write('fits', Readable.from([Buffer.alloc(100)]), { maxBytes: 100 });
});

test('an id is used once', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  await spool.write(ID, Readable.from([Buffer.from('first')]));
  await assert.rejects(spool.write(ID, Readable.from([Buffer.from('second')])), { code: 'IMPORT_ID_TAKEN' });
  const later = new Spool(folder);
  await assert.rejects(later.write(ID, Readable.from([Buffer.from('third')])), { code: 'IMPORT_ID_TAKEN' });
  assert.equal(await text(spool.follow(ID)), 'first');
});

test('an upload that is removed before its file is made leaves none', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  const failed = AbortSignal.abort(new Error('cancelled'));
  for (const signal of [undefined, failed]) {
    const written = spool.write(ID, Readable.from([Buffer.from('one')]), signal && { signal });
    await spool.remove(ID);
    await written.catch(() => {});
    assert.deepEqual(await readdir(folder), []);
  }
});

test('an upload that is removed while it arrives leaves no file', async (t) => {
  const { spool } = await temporarySpool(t);
  const source = new PassThrough();
  const written = spool.write(ID, source);
  const reader = spool.follow(ID);
  source.write('half');
  await reader.next();
  await spool.remove(ID);
  source.end();
  assert.equal((await written).bytes, 4);
  assert.deepEqual(await spool.list(), []);
});

test('a data folder that is no folder is told with what to do', async (t) => {
  const { folder } = await temporarySpool(t);
  await writeFile(folder, '');
  const source = new PassThrough();
  await assert.rejects(new Spool(folder).write(ID, source), {
    code: 'SPOOL_UNAVAILABLE',
    message: /Set DATA_DIR/,
  });
  assert.equal(source.destroyed, true);
});

test('a data folder without the right to write is told with what to do', {
  skip: process.getuid?.() === 0,
}, async (t) => {
  const { folder } = await temporarySpool(t);
  await mkdir(folder, { mode: 0o500 });
  const written = new Spool(folder).write(ID, Readable.from([Buffer.from('x')]));
  await assert.rejects(written, { code: 'SPOOL_UNAVAILABLE', message: /may not write/ });
});

test('nobody else may read an upload', async (t) => {
  const { spool, folder } = await temporarySpool(t);
  await spool.write(ID, Readable.from([Buffer.from('x')]));
  assert.equal((await stat(join(folder, ID))).mode & 0o077, 0);
  assert.equal((await stat(folder)).mode & 0o077, 0);
});
