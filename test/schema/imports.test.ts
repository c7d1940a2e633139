// A client lists imports and reads their issues; invalid requests are rejected with an explanation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../../src/db/postgres/connection/database.ts';
import { expectNoErrors, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Finished imports, one per minute, every other one failed; half of the lines of the last one are rejected. */
async function insertImports({ sql }: Database, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    const isFailed = i % 2 === 1;
    await sql`
      INSERT INTO imports (id, file_name, status, max_rejected_rows, owner, created_at, error_code, error_message, rows_rejected)
      VALUES (${uuid(i)}, ${`file-${i}.csv`}, ${isFailed ? 'FAILED' : 'COMPLETED'}, 1, ${uuid(0)},
        ${new Date(Date.UTC(2026, 0, 1, 0, i))}, ${isFailed ? 'EMPTY_FILE' : null}, ${isFailed ? 'Empty.' : null},
        ${i === count ? 30 : 0})`;
  }
  await sql`
    INSERT INTO import_row_issues (import_id, line, kind, code, column_name, message, winning_line, record)
    SELECT ${uuid(count)}, i, CASE WHEN i % 2 = 0 THEN 'REJECTED' ELSE 'SUPERSEDED' END,
      CASE WHEN i % 2 = 0 THEN 'BLANK_SKU' ELSE 'SUPERSEDED' END, CASE WHEN i % 2 = 0 THEN 'sku' END,
      CASE WHEN i % 2 = 0 THEN 'No SKU.' END, CASE WHEN i % 2 = 1 THEN 1000 END, 'a,b,c'
    FROM generate_series(2, 61) AS i`;
}

test('imports are paged newest first, and filtered by status', async (t) => {
  const { url, database } = await startTestServer(t, ONE_LANE);
  await insertImports(database, 5);
  const document = `query ($first: Int, $after: String, $filter: ImportFilter) {
    imports(first: $first, after: $after, filter: $filter) {
      nodes { fileName error { code } } pageInfo { hasNextPage hasPreviousPage endCursor }
    }
  }`;
  interface Imports {
    imports: {
      nodes: { fileName: string }[];
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string };
    };
  }
  const seen: string[] = [];
  let after: string | undefined;
  for (let pages = 1; ; pages++) {
    const { imports } = expectNoErrors(await query<Imports>(url, document, { first: 2, after }));
    seen.push(...imports.nodes.map(({ fileName }) => fileName));
    assert.equal(imports.pageInfo.hasPreviousPage, pages > 1);
    assert.equal(imports.pageInfo.hasNextPage, pages < 3);
    if (!imports.pageInfo.hasNextPage) break;
    after = imports.pageInfo.endCursor;
  }
  assert.deepEqual(seen, ['file-5.csv', 'file-4.csv', 'file-3.csv', 'file-2.csv', 'file-1.csv']);
  const failed = expectNoErrors(await query<Imports>(url, document, { filter: { status: 'FAILED' } }));
  assert.deepEqual(
    failed.imports.nodes,
    [5, 3, 1].map((i) => ({ fileName: `file-${i}.csv`, error: { code: 'EMPTY_FILE' } })),
  );
});

test('imports are filtered by data source; an invalid ID is rejected', async (t) => {
  const { url, database } = await startTestServer(t, ONE_LANE);
  await insertImports(database, 6);
  await database.sql`UPDATE imports SET source_id = ${uuid(7)}, source_name = 'shop' WHERE id <> ${uuid(4)}`;
  const document = `query ($after: String, $filter: ImportFilter) {
    imports(first: 2, after: $after, filter: $filter) { nodes { fileName } pageInfo { endCursor } }
  }`;
  interface Imports {
    imports: { nodes: { fileName: string }[]; pageInfo: { endCursor: string | null } };
  }
  const ask = (filter: object, after?: string | null) => query<Imports>(url, document, { filter, after });
  const first = expectNoErrors(await ask({ sourceId: uuid(7) })).imports;
  const second = expectNoErrors(await ask({ sourceId: uuid(7) }, first.pageInfo.endCursor)).imports;
  const names = [...first.nodes, ...second.nodes].map(({ fileName }) => fileName);
  assert.deepEqual(names, ['file-6.csv', 'file-5.csv', 'file-3.csv', 'file-2.csv']);
  const failed = expectNoErrors(await ask({ sourceId: uuid(7), status: 'FAILED' })).imports;
  assert.deepEqual(
    failed.nodes.map(({ fileName }) => fileName),
    ['file-5.csv', 'file-3.csv'],
  );
  assert.deepEqual(expectNoErrors(await ask({ sourceId: uuid(8) })).imports.nodes, []);
  const { errors } = await ask({ sourceId: 'shop' });
  assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT');
});

test('issues are ordered by line, and filtered by kind', async (t) => {
  const { url, database } = await startTestServer(t, ONE_LANE);
  await insertImports(database, 1);
  const document = `query ($id: ID!, $first: Int, $after: String, $kind: RowIssueKind) {
    import(id: $id) {
      issuesUrl
      issues(first: $first, after: $after, kind: $kind) {
        nodes { line kind code column message record winningLine } pageInfo { hasNextPage endCursor }
      }
    }
  }`;
  interface Found {
    import: {
      issuesUrl: string;
      issues: {
        nodes: { line: number; message: string }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    };
  }
  const read = async (variables: object) =>
    expectNoErrors(await query<Found>(url, document, { id: uuid(1).toUpperCase(), ...variables })).import;

  const first = await read({});
  assert.equal(first.issuesUrl, `${url}/imports/${uuid(1)}/issues.csv`);
  assert.equal(first.issues.nodes.length, 20);
  const [rejected, superseded] = first.issues.nodes;
  assert.deepEqual(rejected, {
    line: 2,
    kind: 'REJECTED',
    code: 'BLANK_SKU',
    column: 'sku',
    message: 'No SKU.',
    record: 'a,b,c',
    winningLine: null,
  });
  assert.match(superseded?.message ?? '', /1000/);
  const rest = await read({ first: 500, after: first.issues.pageInfo.endCursor });
  assert.deepEqual(
    [...first.issues.nodes, ...rest.issues.nodes].map(({ line }) => line),
    Array.from({ length: 60 }, (_, i) => i + 2),
  );
  assert.equal(rest.issues.pageInfo.hasNextPage, false);
  const some = await read({ first: 2, kind: 'SUPERSEDED', after: first.issues.pageInfo.endCursor });
  assert.deepEqual(
    some.issues.nodes.map(({ line }) => line),
    [23, 25],
  );
});

test('an ID that is not a UUID is rejected, an unknown one returns null', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const codeOf = async (document: string) => (await query(url, document)).errors?.[0]?.extensions?.code;
  assert.equal(await codeOf('{ import(id: "1") { id } }'), 'BAD_USER_INPUT');
  assert.equal(await codeOf('mutation { cancelImport(id: "1") { id } }'), 'BAD_USER_INPUT');
  assert.equal(await codeOf(`mutation { cancelImport(id: "${uuid(1)}") { id } }`), 'NOT_FOUND');
  assert.deepEqual(expectNoErrors(await query(url, `{ import(id: "${uuid(1)}") { id } }`)), { import: null });
});

test('an import without a file is rejected', async (t) => {
  const { url } = await startTestServer(t, ONE_LANE);
  const document = 'mutation ($file: Upload!) { importProducts(file: $file) { id } }';
  for (const variables of [{}, { file: null }, { file: 'products.csv' }, { file: {} }]) {
    const { errors } = await query(url, document, variables);
    assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT', JSON.stringify(variables));
  }
});

test('imports and issues are paged backwards, and issues filtered and counted by reason', async (t) => {
  const { url, database } = await startTestServer(t, ONE_LANE);
  await insertImports(database, 5);
  await database.sql`
    INSERT INTO import_partitions (import_id, partition, staged, superseded) VALUES (${uuid(5)}, 0, 60, 30)`;
  await database.sql`UPDATE import_row_issues SET code = 'BLANK_NAME' WHERE line = 60`;
  const document = `query ($id: ID!, $last: Int, $before: String, $code: RowIssueCode) {
    imports(last: $last) { nodes { fileName } pageInfo { hasNextPage hasPreviousPage startCursor } }
    import(id: $id) {
      issueCounts { kind code count }
      issues(last: $last, before: $before, code: $code) {
        nodes { line } pageInfo { hasNextPage hasPreviousPage startCursor }
      }
    }
  }`;
  interface Page<Node> {
    nodes: Node[];
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string };
  }
  interface Found {
    imports: Page<{ fileName: string }>;
    import: { issueCounts: object[]; issues: Page<{ line: number }> };
  }
  const read = async (variables: object) =>
    expectNoErrors(await query<Found>(url, document, { id: uuid(5), last: 2, ...variables }));

  const last = await read({});
  assert.deepEqual(last.imports.nodes, [{ fileName: 'file-2.csv' }, { fileName: 'file-1.csv' }]);
  assert.deepEqual([last.imports.pageInfo.hasPreviousPage, last.imports.pageInfo.hasNextPage], [true, false]);
  const before =
    'query ($before: String) { imports(last: 9, before: $before) { nodes { fileName } pageInfo { hasNextPage hasPreviousPage } } }';
  const rest = expectNoErrors(await query<Found>(url, before, { before: last.imports.pageInfo.startCursor }));
  assert.deepEqual(
    rest.imports.nodes.map(({ fileName }) => fileName),
    ['file-5.csv', 'file-4.csv', 'file-3.csv'],
  );
  assert.deepEqual(rest.imports.pageInfo, { hasNextPage: true, hasPreviousPage: false });

  assert.deepEqual(last.import.issueCounts, [
    { kind: 'SUPERSEDED', code: 'SUPERSEDED', count: 30 },
    { kind: 'REJECTED', code: 'BLANK_SKU', count: 29 },
    { kind: 'REJECTED', code: 'BLANK_NAME', count: 1 },
  ]);
  const { issues } = last.import;
  assert.deepEqual(issues.nodes, [{ line: 60 }, { line: 61 }]);
  const earlier = await read({ before: issues.pageInfo.startCursor, code: 'BLANK_SKU' });
  assert.deepEqual(earlier.import.issues.nodes, [{ line: 56 }, { line: 58 }]);
  assert.deepEqual((await read({ code: 'BLANK_NAME' })).import.issues.nodes, [{ line: 60 }]);
  const unknown = await query(url, document, { id: uuid(5), code: 'NO_SUCH_CODE' });
  assert.deepEqual([unknown.status, unknown.errors?.[0]?.extensions?.code], [400, 'BAD_USER_INPUT']);
  const written = await query(
    url,
    `{ import(id: "${uuid(5)}") { issues(code: NO_SUCH_CODE) { nodes { line } } } }`,
  );
  assert.equal(written.errors?.[0]?.extensions?.code, 'GRAPHQL_VALIDATION_FAILED');
});

test('codes of issues and warnings that only a newer version has are shown as OTHER', async (t) => {
  const { url, database } = await startTestServer(t, ONE_LANE);
  await insertImports(database, 1);
  await database.sql`UPDATE import_row_issues SET code = 'TOO_BLUE' WHERE line = 60`;
  const warning = { code: 'ODD_FILE', message: 'It is odd.', line: null };
  await database.sql`UPDATE imports SET warnings = ${JSON.stringify([warning])}::text::jsonb`;
  const document = `query ($id: ID!, $code: RowIssueCode) {
    import(id: $id) {
      warnings { code message }
      issueCounts { code count }
      issues(first: 1, code: $code) { nodes { line code } }
    }
  }`;
  assert.deepEqual(expectNoErrors(await query(url, document, { id: uuid(1), code: 'OTHER' })), {
    import: {
      warnings: [{ code: 'OTHER', message: 'It is odd.' }],
      issueCounts: [
        { code: 'BLANK_SKU', count: 29 },
        { code: 'OTHER', count: 1 },
      ],
      issues: { nodes: [{ line: 60, code: 'OTHER' }] },
    },
  });
});
