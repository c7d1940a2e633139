// Servers that report by themselves whether they have changes: /sense and /read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskSpace } from '../../../src/ingest/spool/disk-space.ts';
import { SourceFetcher } from '../../../src/sources/fetch/source-fetcher.ts';
import { releaseAfter } from '../../support/release.ts';
import { CSV, createFetcher, startOrigin } from './support.ts';

test('the source is read when /sense says so, the first time, and after a failed read', async (t) => {
  let sense = '0';
  const { url, requests } = await startOrigin(t, ({ url: path }, response) => {
    response.end(path?.startsWith('/data/sense') ? sense : CSV);
  });
  const fetcher = await createFetcher(t);
  const base = `${url}/data/?key=k`;
  const source = { kind: 'SENSE_READ', headers: { 'x-key': 'k' } } as const;
  const first = await fetcher.read(base, source);
  assert.deepEqual(first?.content, CSV);
  const known = { ...source, validators: first.validators };
  assert.deepEqual(await fetcher.fetch(base, known), { changed: false });
  sense = '\n 1\r\n';
  assert.ok(await fetcher.read(base, known));
  sense = '0';
  assert.ok(await fetcher.read(base, { ...known, mustFetch: true }));
  assert.deepEqual(
    requests.map(({ path }) => path),
    ['/data/read?key=k', '/data/sense?key=k', '/data/sense?key=k', '/data/read?key=k', '/data/read?key=k'],
  );
  assert.ok(requests.every(({ headers }) => headers['x-key'] === 'k'));
  assert.ok(requests.every(({ headers }) => headers['if-none-match'] === undefined));
});

test('any response of /sense other than 1 or 0 is an error', async (t) => {
  let answer = '';
  const { url } = await startOrigin(t, (_, response) => response.end(answer));
  const fetcher = await createFetcher(t);
  const source = { kind: 'SENSE_READ', validators: {} } as const;
  for (const text of [
    '',
    'true',
    '01',
    '1 0',
    '{"changed":1}',
    '\u0661',
    '<html>1</html>',
    '1'.padEnd(100_000),
  ]) {
    answer = text;
    await assert.rejects(
      fetcher.fetch(url, source),
      { code: 'SOURCE_NOT_DATA', message: /must answer 1/ },
      text,
    );
  }
});

test('an error of either path is reported', async (t) => {
  let status = 404;
  const { url } = await startOrigin(t, ({ url: path }, response) => {
    response.writeHead(path === '/sense' ? status : 500).end('1');
  });
  const fetcher = await createFetcher(t);
  const source = { kind: 'SENSE_READ', validators: {} } as const;
  await assert.rejects(fetcher.fetch(url, source), {
    code: 'SOURCE_STATUS',
    message: /\/sense answered 404/,
  });
  status = 200;
  await assert.rejects(fetcher.fetch(url, source), { code: 'SOURCE_STATUS', message: /\/read answered 500/ });
});

test('beforeRead is called only if there is something new, and the source is not read if it fails', async (t) => {
  let sense = '0';
  const { url, requests } = await startOrigin(t, ({ url: path }, response) => {
    response.end(path === '/sense' ? sense : CSV);
  });
  const limits = { allowPrivate: true, maxBytes: 1e9, silenceMs: 30_000, totalMs: 30_000 };
  const fetcher = new SourceFetcher({
    ...limits,
    minBytesPerSecond: 0,
    storage: { folder: '', space: new DiskSpace('', 0) },
  });
  releaseAfter(t, () => fetcher.close());
  const target = { kind: 'SENSE_READ', url, headers: {}, mustFetch: false, validators: {} } as const;
  const options = {
    signal: AbortSignal.timeout(10_000),
    beforeRead: () => Promise.reject(new Error('not now')),
  };
  assert.deepEqual(await fetcher.fetchIfChanged(target, options), { changed: false });
  sense = '1';
  await assert.rejects(fetcher.fetchIfChanged(target, options), /not now/);
  assert.ok(requests.every(({ path }) => path === '/sense'));
});
