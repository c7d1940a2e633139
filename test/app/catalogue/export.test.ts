// Exports of the catalogue: what is downloaded is the catalogue, byte for byte, and imports again as unchanged.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { ImportOptions, Ledger } from '../../../src/cli/client/loadstone-client.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const KEEP: ImportOptions = { keepColumns: true };

/** Values that something on the way could change: quotes, line ends, blanks, formulas, marks of joined files. */
const ODD_TEXTS = [
  'plain',
  ' leading and trailing ',
  '\ttab\t',
  '"quoted"',
  'a "quote" inside',
  '""',
  'comma, semicolon; pipe|',
  'two\nlines',
  'two\r\nlines',
  'lone\rCR',
  '\n',
  '\r',
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  "'=1",
  "''",
  '\\.',
  '\\',
  '\ufeffbyte order mark',
  '\x1aCtrl-Z\x1a',
  '\x01\x7f',
  '😀 é é',
  'NULL',
  '{"a": 1}',
  '%s $1 {0}',
  '＝full width',
];

test('an export is the catalogue, byte for byte', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const created = ODD_TEXTS.map((text, index) => {
    const isVisible = /[!-~]/.test(text);
    return {
      sku: isVisible ? text : `blank-${index}`,
      name: isVisible ? text : `Name ${index}`,
      description: text,
    };
  });
  created.push(
    { sku: 'sku', name: 'name', description: 'description' },
    { sku: 'empty', name: 'Empty', description: '' },
  );
  await create(server, created);

  await t.test('values are as they were, whatever they contain', async () => {
    const rows = await exported(server, '/products.csv');
    assert.deepEqual(rows[0], ['loadstone_sku', 'name', 'description']);
    const expected = created.map(({ sku, name, description }) => [sku, name, description]);
    assert.deepEqual(rows.slice(1).toSorted(bySku), expected.toSorted(bySku));
  });

  await t.test('it imports again as unchanged, with a byte order mark and compressed, too', async () => {
    for (const address of ['/products.csv', '/products.csv?bom=true', '/products.csv.gz?bom=true']) {
      const file = Buffer.from(await (await fetch(server.url + address)).arrayBuffer());
      assert.deepEqual(await importRows(server, file), { unchanged: created.length }, address);
    }
  });

  await t.test('a byte order mark comes first if it is asked for', async () => {
    const bytes = Buffer.from(await (await fetch(`${server.url}/products.csv?bom=true`)).arrayBuffer());
    assert.equal(bytes.subarray(0, 3).toString('hex'), 'efbbbf');
    const plain = Buffer.from(await (await fetch(`${server.url}/products.csv`)).arrayBuffer());
    // Its rows are in no particular order.
    assert.deepEqual(parse(bytes.subarray(3)).toSorted(), parse(plain).toSorted());
  });

  await t.test('it can be filtered as products are, by the address that the API gives', async () => {
    const filters: [filter: object, skus: string[]][] = [
      [{ skuPrefix: '=' }, ['=1+1']],
      [{ name: "''" }, ["''"]],
      [{ nameContains: 'QUOTE' }, ['"quoted"', 'a "quote" inside']],
      [{ search: 'two' }, ['two\nlines', 'two\r\nlines']],
      [{ nameContains: '\\' }, ['\\', '\\.']],
      [{ skuPrefix: "' OR TRUE --" }, []],
    ];
    for (const [filter, skus] of filters) {
      const { products } = await data(server, EXPORT_URL, { filter });
      const rows = await exported(server, products.exportUrl.slice(server.url.length));
      assert.deepEqual(
        rows
          .slice(1)
          .map(([sku]) => sku)
          .toSorted(),
        skus.toSorted(),
        JSON.stringify(filter),
      );
    }
  });
});

const EXPORT_URL = `query ($filter: ProductFilter, $attributes: [String!]) {
  products(first: 0, filter: $filter) { exportUrl(attributes: $attributes) }
}`;

test('attributes are columns of an export', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const total = async () => Number((await server.database.sql`SELECT count(*) AS n FROM products`)[0]?.['n']);
  const again = async (path = '/products.csv') => {
    const file = Buffer.from(await (await fetch(server.url + path)).arrayBuffer());
    return importRows(server, file, KEEP);
  };

  await t.test('and import again as unchanged, whatever their names and values are', async () => {
    const names = [
      'Brand',
      'Größe "EU"',
      'a,b',
      'two\nlines',
      '=1',
      '__proto__',
      'semi;colon',
      "it's",
      'brand',
    ];
    const header = ['sku', 'name', 'description', ...names].map(quoted).join(',');
    const rows = ODD_TEXTS.map((text, index) => [
      `a-${index}`,
      'A',
      '',
      text,
      '',
      ...names.slice(2).map(() => text),
    ]);
    const file = [header, ...rows.map((row) => row.map(quoted).join(','))].join('\n');
    assert.deepEqual(await importRows(server, file, KEEP), { inserted: ODD_TEXTS.length });
    const [found] = await exported(server, '/products.csv');

    assert.deepEqual(found?.slice(3), names.toSpliced(1, 1).toSorted());
    assert.deepEqual(await again(), { unchanged: await total() });
  });

  await t.test('also if they have the names of fields, or of what exports call them', async () => {
    const mapped: ImportOptions = {
      ...KEEP,
      mapping: [
        { column: 'key', field: 'SKU' },
        { column: 'title', field: 'NAME' },
        { column: 'text', field: 'DESCRIPTION' },
      ],
    };
    const file = 'key,title,text,SKU,Name,loadstone_name,loadstone_description\nk-1,K,,1,2,3,4\n';
    assert.deepEqual(await importRows(server, file, mapped), { inserted: 1 });
    const [header] = await exported(server, '/products.csv');
    assert.deepEqual(header?.slice(0, 3), [
      'loadstone_sku',
      'loadstone_loadstone_name',
      'loadstone_loadstone_description',
    ]);
    assert.deepEqual(await again(), { unchanged: await total() });
  });

  await t.test('also if they have the names of the columns of a download of issues', async () => {
    await server.database.sql`TRUNCATE products, product_name_counts`;
    await importRows(
      server,
      'Line,code,message,record,sku,name,description\n=1,BLANK_SKU,m,r,i-1,I,d\n',
      KEEP,
    );
    const [header] = await exported(server, '/products.csv');
    assert.deepEqual(header, ['sku', 'name', 'Line', 'code', 'message', 'record', 'description']);
    assert.deepEqual(await again(`/products.csv?attributes=${encodeURIComponent('["Line","code"]')}`), {
      unchanged: 1,
    });
    assert.deepEqual(await again(), { unchanged: 1 });
  });

  await t.test('only those that are asked for, or none', async () => {
    const { products } = await data(server, EXPORT_URL, { attributes: ['Line', 'gone'] });
    const [header] = await exported(server, products.exportUrl.slice(server.url.length));
    assert.deepEqual(header, ['sku', 'name', 'description', 'Line', 'gone']);
    assert.deepEqual((await exported(server, '/products.csv?attributes=[]'))[0], [
      'sku',
      'name',
      'description',
    ]);
  });

  await t.test('too many for one file are refused with a way on', async () => {
    await server.database.sql`
      UPDATE products SET attributes = (SELECT jsonb_object_agg('a' || i, 'x') FROM generate_series(1, 1601) AS i)`;
    const response = await fetch(`${server.url}/products.csv`);
    const text = await response.text();
    assert.equal(response.status, 400);
    assert.match(text, /"code":"TOO_MANY_ATTRIBUTES"/);
    const part = await exported(server, `/products.csv?attributes=${encodeURIComponent('["a1601"]')}`);
    assert.deepEqual(part[1]?.at(-1), 'x');
    await server.database.sql`
      UPDATE products SET attributes = (SELECT jsonb_object_agg(repeat('a', 100) || i, 'x') FROM generate_series(1, 700) AS i)`;
    assert.equal(
      (await fetch(`${server.url}/products.csv`)).status,
      400,
      'a header that no import would take',
    );
  });
});

test('counts and changes are exported', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, 'sku,name,description\na,Ann,1\nb,Bob,"2\n2"\nc,Ann,3\n');
  const second = await importAndWait(
    server.url,
    'sku,name,description,size\na,Ann,1,\nb,"Bob, jr.",2,XL\nd,Dan,,\n',
    KEEP,
  );

  await t.test('counts in the order of the list, filtered', async () => {
    const url = async (args: string) =>
      (await data(server, `{ productCountsByName(first: 0${args}) { exportUrl } }`)).productCountsByName
        .exportUrl;
    const rows = async (args: string) => exported(server, (await url(args)).slice(server.url.length));
    assert.deepEqual(await rows(''), [
      ['name', 'product_count'],
      ['Ann', '2'],
      ['Bob, jr.', '1'],
      ['Dan', '1'],
    ]);
    assert.deepEqual((await rows(', orderBy: NAME_ASC, filter: { nameContains: "N" }')).slice(1), [
      ['Ann', '2'],
      ['Dan', '1'],
    ]);
    assert.deepEqual((await rows(', filter: { minProductCount: 2 }')).slice(1), [['Ann', '2']]);
    assert.deepEqual((await rows(', filter: { namePrefix: "Bob" }')).slice(1), [['Bob, jr.', '1']]);
  });

  await t.test('what an import changed, before and after', async () => {
    const url = async (args = '') =>
      (await data(server, `{ import(id: "${second.id}") { changesUrl${args} } }`)).import.changesUrl;
    const [header, ...rows] = await exported(server, (await url()).slice(server.url.length));
    assert.deepEqual(header, [
      'sku',
      'change',
      'changed_at',
      'name_before',
      'name_after',
      'description_before',
      'description_after',
      'attributes_before',
      'attributes_after',
    ]);
    assert.deepEqual(
      rows.map((row) => row.toSpliced(2, 1)),
      [
        ['b', 'UPDATED', 'Bob', 'Bob, jr.', '2\n2', '2', '', '{"size": "XL"}'],
        ['d', 'INSERTED', '', 'Dan', '', '', '', ''],
      ],
    );
    assert.ok(Math.abs(Date.parse(rows[0]?.[2] ?? '') - Date.now()) < 600_000);
    const inserted = await exported(
      server,
      (await url('(kind: INSERTED, gzip: true)')).slice(server.url.length),
    );
    assert.deepEqual(
      inserted.slice(1).map(([sku]) => sku),
      ['d'],
    );
  });
});

test('downloads are refused, cut and bounded where they must be', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, downloadStallSeconds: 1 });
  await server.database.sql`
    INSERT INTO products (sku, name, description)
    SELECT 's-' || i, 'Name', repeat('text ', 200) FROM generate_series(1, 30000) AS i`;

  await t.test('names, types and HEAD', async () => {
    const head = await fetch(`${server.url}/products.csv`, { method: 'HEAD' });
    assert.equal(
      head.headers.get('content-disposition'),
      `attachment; filename="products.csv"; filename*=UTF-8''products.csv`,
    );
    assert.equal(head.headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.equal(head.headers.get('cross-origin-resource-policy'), 'same-origin');
    const gz = await fetch(`${server.url}/names.csv.gz`, { method: 'HEAD' });
    assert.equal(gz.headers.get('content-type'), 'application/gzip');
    assert.equal(gz.headers.get('content-encoding'), null);
    const coded = await fetch(`${server.url}/products.csv`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(coded.headers.get('content-encoding'), 'gzip');
    await coded.body?.cancel();
  });

  await t.test('bad parameters are named', async () => {
    const wrong: [path: string, pattern: RegExp, status?: number][] = [
      ['/products.csv?filter={', /filter is not valid JSON/],
      ['/products.csv?filter={"colour":"red"}', /filter is not a valid ProductFilter.*colour/],
      ['/products.csv?filter={"name":5}', /filter.name is not a valid ProductFilter/],
      ['/products.csv?filter={"name":"%5Cu0000"}', /NUL/],
      ['/products.csv?attributes=Color', /attributes is not valid JSON/],
      ['/products.csv?attributes=["a","a"]', /different names/],
      ['/products.csv?bom=1', /bom must be true or false/],
      ['/products.csv?search=x', /filter, attributes, bom/],
      ['/names.csv?orderBy=NAME', /COUNT_DESC or NAME_ASC/],
      [`/imports/${randomUUID()}/changes.csv`, /Import.changesUrl/, 404],
      ['/imports/x/changes.csv', /Import.changesUrl/, 404],
    ];
    for (const [path, pattern, status = 400] of wrong) {
      const response = await fetch(server.url + path);
      assert.match(await response.text(), pattern, path);
      assert.equal(response.status, status, path);
    }
    assert.equal((await fetch(`${server.url}/products.csv`, { method: 'POST' })).status, 405);
  });

  await t.test('pages of other origins cannot make the server export, but may link to it', async () => {
    const site = (mode: string) => ({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode });
    assert.equal(await statusOf(server, site('no-cors')), 403);
    assert.equal(await statusOf(server, { origin: 'http://elsewhere.test' }), 403);
    assert.equal(await statusOf(server, site('navigate')), 200);
  });

  await t.test('an export that fails half way is cut, not ended', async () => {
    const response = await open(server, '/products.csv');
    await waitUntil('rows are written', async () => (await exportsRunning(server, 'ClientWrite')) === 1);
    await server.database.sql`
      SELECT pg_cancel_backend(pid) FROM pg_stat_activity
      WHERE application_name LIKE 'loadstone export%' AND datname = current_database()`;
    const ended = Promise.withResolvers<string>();
    response.on('end', () => ended.resolve('ended')).on('error', (error) => ended.resolve(error.message));
    response.resume();
    assert.equal(await ended.promise, 'aborted');
    assert.equal(response.complete, false);
  });

  await t.test(
    'a client that takes nothing is cut after DOWNLOAD_STALL_SECONDS, and its snapshot ends',
    async () => {
      const response = await open(server, '/products.csv');
      const closed = new Promise((resolve) => response.on('error', () => {}).once('close', resolve));
      await waitUntil('rows are written', async () => (await exportsRunning(server, 'ClientWrite')) === 1);
      await waitUntil('the export is over', async () => (await exportsRunning(server)) === 0);
      response.resume();
      await closed;
      assert.equal(response.complete, false);
    },
  );

  await t.test('a client that leaves ends its export', async () => {
    const response = await open(server, '/products.csv');
    await waitUntil('rows are written', async () => (await exportsRunning(server, 'ClientWrite')) === 1);
    response.on('error', () => {});
    response.destroy();
    await waitUntil('the export is over', async () => (await exportsRunning(server)) === 0);
  });

  await t.test('more than four at a time are told to come again', async () => {
    const running = await Promise.all([1, 2, 3, 4].map(() => open(server, '/products.csv')));
    const refused = await fetch(`${server.url}/names.csv`);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '10');
    assert.match(await refused.text(), /"code":"TOO_MANY_EXPORTS"/);
    for (const response of running) response.on('error', () => {}).destroy();
    await waitUntil('an export has ended', async () => (await statusOf(server, {})) === 200);
  });

  await t.test('an export is of one moment', async () => {
    const response = await open(server, '/products.csv');
    await waitUntil('rows are written', async () => (await exportsRunning(server, 'ClientWrite')) === 1);
    await server.database.sql`UPDATE products SET name = 'After' WHERE sku >= 's-29'`;
    await server.database.sql`DELETE FROM products WHERE sku < 's-11'`;
    const text = Buffer.concat(await response.toArray()).toString();
    assert.equal(response.complete, true);
    const rows = parse(text) as string[][];
    assert.equal(rows.length, 30_001);
    assert.deepEqual(new Set(rows.slice(1).map(([, name]) => name)), new Set(['Name']));
  });
});

test('the template can be filled in and imported as it is', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const response = await fetch(`${server.url}/template.csv`);
  assert.match(response.headers.get('content-disposition') ?? '', /products-template\.csv/);
  const file = Buffer.from(await response.arrayBuffer());
  assert.equal(file.subarray(0, 3).toString('hex'), 'efbbbf');
  assert.deepEqual(await importRows(server, file), { inserted: 2 });
});

/** The numbers of the ledger that are not 0, besides that of rows read. */
async function importRows(
  server: TestServer,
  file: string | Buffer,
  options?: ImportOptions,
): Promise<Partial<Ledger>> {
  const done = await importAndWait(server.url, file, options);
  assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
  const { read: _, ...rows } = done.rows;
  return Object.fromEntries(Object.entries(rows).filter(([, count]) => count > 0));
}

async function create(server: TestServer, products: readonly object[]): Promise<void> {
  for (const input of products) {
    await data(server, 'mutation ($input: CreateProductInput!) { createProduct(input: $input) { sku } }', {
      input,
    });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: each query has another shape
async function data(server: TestServer, document: string, variables = {}): Promise<any> {
  return expectNoErrors(await query(server.url, document, variables));
}

/** The records of a download, the header first. */
async function exported(server: TestServer, path: string): Promise<string[][]> {
  const response = await fetch(server.url + path);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(response.status, 200, bytes.toString());
  const text = path.split('?')[0]?.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  // Line ends are LF; a CR belongs to a value.
  return parse(text, { record_delimiter: '\n' }) as string[][];
}

async function statusOf(server: TestServer, headers: Record<string, string>): Promise<number> {
  const request = http.get(`${server.url}/names.csv`, { headers });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

/** A download that is not read yet. The export before it may hold its slot for a moment after its session has ended. */
async function open(server: TestServer, path: string): Promise<http.IncomingMessage> {
  const opened: http.IncomingMessage[] = [];
  await waitUntil('an export can start', async () => {
    const request = http.get(server.url + path);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    if (response.statusCode === 503) {
      response.resume();
      return false;
    }
    // Of the connection, which the response has as well.
    request.on('error', () => {});
    opened.push(response);
    return true;
  });
  return opened[0] as http.IncomingMessage;
}

/** @param waitingFor only those of which the database waits for this */
async function exportsRunning(server: TestServer, waitingFor = ''): Promise<number> {
  const [row] = await server.database.sql<{ count: number }[]>`
    SELECT count(*) AS count FROM pg_stat_activity
    WHERE application_name LIKE 'loadstone export%' AND datname = current_database()
      AND ${waitingFor} IN ('', wait_event)`;
  return row?.count ?? 0;
}

function bySku([one = '']: string[], [other = '']: string[]): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
