// Rejected rows are corrected by their values, imported on their own, and known as corrected from then on.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { verifyCatalogue } from '../../../src/db/catalogue/verification/verify-catalogue.ts';
import { expectExactCounts, expectNothingLeft } from '../../support/imports/catalogue.ts';
import { holdMerges } from '../../support/imports/hold-lock.ts';
import { importEnds } from '../../support/imports/import-state.ts';
import { expectNoErrors, importAndWait, query } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../support/server/server.ts';

interface Row {
  line: number;
  values?: string[];
  record?: string;
}

interface Issue {
  line: number;
  code: string;
  values: string[] | null;
  correction: {
    status: string;
    import: { id: string };
    rows: { values: string[]; issue: { code: string; column: string | null; line: number } | null }[];
  } | null;
}

const CORRECT = `mutation ($id: ID!, $rows: [RowToCorrect!]!, $correctionId: ID) {
  correctRows(id: $id, rows: $rows, correctionId: $correctionId) { id kind fileName corrects { id } }
}`;

const ISSUES = `query ($id: ID!) {
  import(id: $id) { correctionCount correctedRows issues { nodes {
    line code values
    correction { status import { id } rows { values issue { code column line } } }
  } } }
}`;

const UNDO = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';

test('rejected rows are corrected', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, maxDescriptionLength: 20_000 });
  const { url } = server;

  const send = (id: string, rows: Row[], correctionId?: string) =>
    query<{ correctRows: { id: string; kind: string; fileName: string; corrects: { id: string } } | null }>(
      url,
      CORRECT,
      { id, rows, correctionId },
    );
  /** @returns the correction, once it has ended */
  async function correct(id: string, rows: Row[], correctionId?: string) {
    const sent = expectNoErrors(await send(id, rows, correctionId)).correctRows ?? assert.fail();
    return { ...sent, ...(await importEnds(url, sent.id)) };
  }
  async function refused(id: string, rows: Row[]) {
    const { data, errors } = await send(id, rows);
    assert.equal(data?.correctRows, null);
    const { extensions, message } = errors?.[0] ?? assert.fail();
    return {
      message,
      ...(extensions as { code: string; rows?: { line: number; column?: string | null }[] }),
    };
  }
  async function issuesOf(id: string) {
    const answer = await query<{
      import: { correctionCount: number; correctedRows: number; issues: { nodes: Issue[] } };
    }>(url, ISSUES, { id });
    return expectNoErrors(answer).import;
  }
  const statuses = async (id: string) =>
    (await issuesOf(id)).issues.nodes.map(({ line, correction }) => [line, correction?.status ?? null]);
  async function product(sku: string) {
    const answer = await query(
      url,
      'query ($sku: String!) { product(sku: $sku) { name description attributes } }',
      {
        sku,
      },
    );
    return expectNoErrors(answer)['product'] as {
      name: string;
      description: string;
      attributes: object;
    } | null;
  }
  async function undo(id: string) {
    const answer = await query<{ undoImport: { id: string } }>(url, UNDO, { id });
    const { id: undoId } = expectNoErrors(answer).undoImport;
    assert.equal((await importEnds(url, undoId)).status, 'COMPLETED');
    return undoId;
  }

  await t.test('with the mapping, the defaults and the attributes of their import', async () => {
    const file = Buffer.from(
      'Variant SKU|Colour|Title|Notes\n|red|Mug|"two\r\nlines"\nc-2|"blue|green"||\nc-3||Cup|\n',
      'latin1',
    );
    const { id } = await importAndWait(url, file, {
      fileName: 'shop.csv',
      encoding: 'windows-1252',
      defaults: [{ field: 'DESCRIPTION', value: 'none' }],
      keepColumns: true,
    });
    assert.deepEqual(
      (await issuesOf(id)).issues.nodes.map(({ line, code, values }) => [line, code, values]),
      [
        [2, 'BLANK_SKU', ['', 'red', 'Mug', 'two\r\nlines']],
        [4, 'BLANK_NAME', ['c-2', 'blue|green', '', '']],
      ],
    );
    const done = await correct(id, [
      { line: 4, values: ['c-2', 'blue|green', ' "Café", 漢 ', '\rx\n'] },
      { line: 2, values: ['c-1', 'red', 'Mug', 'two\r\nlines'] },
    ]);
    assert.deepEqual(
      [done.kind, done.fileName, done.corrects.id, done.status, done.rows.read, done.rows.inserted],
      ['CORRECTION', 'shop.csv', id, 'COMPLETED', 2, 2],
    );
    assert.deepEqual(await product('c-1'), {
      name: 'Mug',
      description: 'none',
      attributes: { Colour: 'red', Notes: 'two\r\nlines' },
    });
    assert.deepEqual(await product('c-2'), {
      name: ' "Café", 漢 ',
      description: 'none',
      attributes: { Colour: 'blue|green', Notes: '\rx\n' },
    });
    assert.deepEqual(await statuses(id), [
      [2, 'CORRECTED'],
      [4, 'CORRECTED'],
    ]);
  });

  await t.test(
    'one by one of several: what is rejected again says why, and can be corrected again',
    async () => {
      const { id } = await importAndWait(url, 'name,sku,description\n,d-1,\n,d-2,"a\nb"\n,d-3,\n,d-4,\n');
      const first = await correct(id, [
        { line: 2, values: ['Dee', 'd-1', 'x\ny\rz'] },
        { line: 3, values: [' ', 'd-2', 'a\nb'] },
        { line: 5, values: ['Twice', 'd-3', '1'] },
        { line: 6, values: ['Twice', 'd-3', '2'] },
      ]);
      assert.deepEqual([first.rows.inserted, first.rows.rejected, first.rows.superseded], [2, 1, 1]);
      const { issues, correctedRows, correctionCount } = await issuesOf(id);
      assert.deepEqual([correctedRows, correctionCount], [2, 1]);
      assert.deepEqual(
        issues.nodes.map(({ correction }) => [correction?.status, correction?.rows]),
        [
          ['CORRECTED', [{ values: ['Dee', 'd-1', 'x\ny\rz'], issue: null }]],
          [
            'REJECTED',
            [{ values: [' ', 'd-2', 'a\nb'], issue: { code: 'BLANK_NAME', column: 'name', line: 5 } }],
          ],
          [
            'SUPERSEDED',
            [{ values: ['Twice', 'd-3', '1'], issue: { code: 'SUPERSEDED', column: null, line: 7 } }],
          ],
          ['CORRECTED', [{ values: ['Twice', 'd-3', '2'], issue: null }]],
        ],
      );

      const taken = await refused(id, [
        { line: 2, values: ['Again', 'd-1', ''] },
        { line: 3, values: ['Eve', 'd-2', ''] },
      ]);
      assert.equal(taken.code, 'ALREADY_CORRECTED');
      assert.deepEqual(taken.rows, [{ line: 2, import: first.id }]);
      assert.equal(await product('d-2'), null);

      await correct(id, [{ line: 3, values: ['Eve', 'd-2', ''] }]);
      assert.equal((await product('d-2'))?.name, 'Eve');
      const imports = expectNoErrors(
        await query<{
          import: { corrections: { nodes: { id: string }[] } };
          corrections: { nodes: { corrects: { id: string } }[] };
          others: { nodes: { kind: string }[] };
        }>(
          url,
          `query ($id: ID!) {
          import(id: $id) { corrections { nodes { id } } }
          corrections: imports(filter: { corrects: $id }) { nodes { corrects { id } } }
          others: imports(filter: { isCorrection: false }) { nodes { kind } }
        }`,
          { id },
        ),
      );
      assert.equal(imports.import.corrections.nodes.length, 2);
      assert.equal(imports.import.corrections.nodes[1]?.id, first.id);
      assert.deepEqual(new Set(imports.corrections.nodes.map(({ corrects }) => corrects.id)), new Set([id]));
      assert.deepEqual([...new Set(imports.others.nodes.map(({ kind }) => kind))], ['UPLOAD']);
    },
  );

  await t.test('as text, where a record could not be split', async () => {
    const file = 'name;sku;description\na;e-1\nb "x";e-2;"y\nc;e-3;"z\nd;e-4;fine\ne;e-5;fine\nf;e-6;fine\n';
    const { id } = await importAndWait(url, file);
    const { nodes } = (await issuesOf(id)).issues;
    assert.deepEqual(
      nodes.map(({ code, values }) => [code, values]),
      nodes.map(({ code }) => [code, null]),
    );
    const [wrongCount, ...quotes] = nodes;
    assert.equal(wrongCount?.code, 'WRONG_FIELD_COUNT');
    assert.ok(quotes.length > 0 && quotes.every(({ code }) => code === 'UNBALANCED_QUOTE'));
    const damaged = quotes[0]?.line ?? 0;
    const { code, rows } = await refused(id, [
      { line: 2, record: 'a;e-1' },
      { line: damaged, record: 'b "x";e-2;' },
    ]);
    assert.equal(code, 'BAD_USER_INPUT');
    assert.deepEqual(
      rows?.map(({ line, column }) => [line, column]),
      [
        [2, null],
        [damaged, null],
      ],
    );
    const done = await correct(id, [
      { line: 2, record: 'a;e-1;' },
      { line: damaged, record: '"b ""x""";e-2;y\n"c; c";e-3;z' },
    ]);
    assert.equal(done.rows.inserted, 3);
    assert.deepEqual([(await product('e-2'))?.name, (await product('e-3'))?.name], ['b "x"', 'c; c']);
    const corrected = (await issuesOf(id)).issues.nodes.find(({ line }) => line === damaged);
    assert.deepEqual(
      corrected?.correction?.rows.map(({ values }) => values[1]),
      ['e-2', 'e-3'],
    );
  });

  await t.test('never with a character that could not be read', async () => {
    const file = Buffer.from('name,sku,description\nCaf\xe9,g-1,\ngood,g-2,\n', 'latin1');
    const { id } = await importAndWait(url, file);
    assert.deepEqual((await issuesOf(id)).issues.nodes[0]?.values, ['Caf\ufffd', 'g-1', '']);
    const { code, rows, message } = await refused(id, [{ line: 2, values: ['Caf\ufffd', 'g-1', ''] }]);
    assert.deepEqual([code, rows?.[0]?.column], ['BAD_USER_INPUT', 'name']);
    assert.match(message, /Replace it/);
    await correct(id, [{ line: 2, values: ['Café', 'g-1', ''] }]);
    assert.equal((await product('g-1'))?.name, 'Café');
  });

  await t.test('of a download of issues that was sent back, with its formula guards', async () => {
    const { id: first } = await importAndWait(url, 'name,sku,description\n,=h-1,-x\n');
    const download = await (await fetch(`${url}/imports/${first}/issues.csv`)).text();
    const { id } = await importAndWait(url, download);
    const [issue] = (await issuesOf(id)).issues.nodes;
    const values = issue?.values ?? assert.fail();
    assert.deepEqual(values.slice(0, 3), ['', '=h-1', '-x']);
    await correct(id, [{ line: 2, values: ["'=Ho", ...values.slice(1)] }]);
    assert.deepEqual(await product('=h-1'), { name: "'=Ho", description: '-x', attributes: {} });
  });

  await t.test('but not with wrong values, or where there is nothing to correct', async () => {
    const { id } = await importAndWait(
      url,
      `name,sku,description\n,i-1,\ngood,i-2,\n,i-3,${'x'.repeat(10_100)}\n`,
    );
    assert.deepEqual(
      (await issuesOf(id)).issues.nodes.map(({ values }) => values),
      [['', 'i-1', ''], null],
    );
    const wrong: [Row[], RegExp][] = [
      [[], /1 to 500/],
      [Array.from({ length: 501 }, (_, index) => ({ line: index, values: [] })), /501 rows/],
      [[{ line: 3, values: ['a', 'b', 'c'] }], /Line 3: No row/],
      [
        [
          { line: 2, values: ['a', 'b', 'c'] },
          { line: 2, values: ['a', 'b', 'c'] },
        ],
        /given twice/,
      ],
      [[{ line: 2, values: ['a', 'b'] }], /2 values, but the file has 3 columns/],
      [[{ line: 2, values: ['', ' ', '\u200b'] }], /no values/],
      [[{ line: 2, record: '' }], /empty/],
      [[{ line: 2, values: ['a', 'b', 'c'], record: 'a,b,c' }], /either/],
      [[{ line: 2 }], /either/],
      [[{ line: 2, values: ['a\0', 'b', 'c'] }], /NUL/],
    ];
    for (const [rows, message] of wrong) {
      const error = await refused(id, rows);
      assert.equal(error.code, 'BAD_USER_INPUT');
      assert.match(error.message, message);
    }
    const { code, rows } = await refused(id, [
      { line: 2, values: [] },
      { line: 9, values: [] },
    ]);
    assert.deepEqual([code, rows?.map(({ line }) => line)], ['BAD_USER_INPUT', [2, 9]]);

    assert.equal((await refused(randomUUID(), [{ line: 2, values: [] }])).code, 'NOT_FOUND');
    const failed = await importAndWait(url, 'name,sku,description\n,j-1,\n', { maxRejectedRows: 0 });
    assert.equal((await refused(failed.id, [{ line: 2, values: ['J', 'j-1', ''] }])).code, 'NOT_CORRECTABLE');

    const correction = await correct(id, [{ line: 2, values: [' ', 'i-1', 'x'] }]);
    const again = await refused(correction.id, [{ line: 2, values: ['I', 'i-1', 'x'] }]);
    assert.deepEqual(again, { ...again, code: 'NOT_CORRECTABLE', corrects: id });
  });

  await t.test('once, however often and at once it is sent', async () => {
    const { id } = await importAndWait(url, 'name,sku,description\n,k-1,\n');
    const correctionId = randomUUID();
    const rows = [{ line: 2, values: ['K', 'k-1', ''] }];
    const answers = await Promise.all([
      send(id, rows, correctionId),
      send(id, rows, correctionId),
      send(id, [{ line: 2, values: ['Other', 'k-1', ''] }]),
      send(id, [{ line: 2, values: ['Other', 'k-1', ''] }]),
    ]);
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions?.code ?? 'done');
    const winners = new Set(answers.flatMap(({ data }) => data?.correctRows?.id ?? []));
    assert.equal(winners.size, 1, codes.join());
    assert.ok(
      codes.every((code) => code === 'done' || code === 'ALREADY_CORRECTED'),
      codes.join(),
    );
    const [winner = ''] = winners;
    await importEnds(url, winner);
    const { correctionCount, correctedRows } = await issuesOf(id);
    assert.deepEqual([correctionCount, correctedRows], [1, 1]);
    // The first to be sent wins unless another overtakes it.
    if (winner === correctionId) {
      assert.equal(expectNoErrors(await send(id, rows, correctionId)).correctRows?.id, correctionId);
      const other = await send(id, [{ line: 2, values: ['Q', 'k-1', ''] }], correctionId);
      assert.equal(other.errors?.[0]?.extensions?.code, 'IMPORT_ID_TAKEN');
    }
    assert.equal(
      (await query(url, CORRECT, { id, rows, correctionId: id })).errors?.[0]?.extensions?.code,
      'IMPORT_ID_TAKEN',
    );
  });

  await t.test(
    'and are not corrected while that is running, nor when it was cancelled or undone',
    async () => {
      const { id } = await importAndWait(url, 'name,sku,description\n,l-1,\nfine,l-2,\n');
      const rows = [{ line: 2, values: ['L', 'l-1', ''] }];
      const held = await holdMerges(t, server);
      const pending = expectNoErrors(await send(id, rows)).correctRows ?? assert.fail();
      assert.deepEqual(await statuses(id), [[2, 'PENDING']]);
      assert.match((await refused(id, rows)).message, /is being corrected/);
      expectNoErrors(
        await query(url, 'mutation ($id: ID!) { cancelImport(id: $id) { status } }', { id: pending.id }),
      );
      await held.release();
      assert.deepEqual(await statuses(id), [[2, 'NOT_IMPORTED']]);

      const second = await correct(id, rows);
      assert.deepEqual(await statuses(id), [[2, 'CORRECTED']]);
      const undone = await undo(second.id);
      assert.deepEqual(await statuses(id), [[2, 'NOT_IMPORTED']]);
      assert.equal((await issuesOf(id)).correctedRows, 0);
      await undo(undone);
      assert.deepEqual(await statuses(id), [[2, 'CORRECTED']]);

      const third = await importAndWait(url, 'name,sku,description\n,m-1,\nfine,m-2,\n');
      const undoOfThird = await undo(third.id);
      const error = await refused(third.id, [{ line: 2, values: ['M', 'm-1', ''] }]);
      assert.deepEqual(error, { ...error, code: 'ALREADY_UNDONE', undoneBy: undoOfThird });
      assert.equal((await refused(undoOfThird, [{ line: 2, values: [] }])).code, 'NOT_CORRECTABLE');
      await undo(undoOfThird);
      await correct(third.id, [{ line: 2, values: ['M', 'm-1', ''] }]);
      assert.equal((await product('m-1'))?.name, 'M');
    },
  );

  await expectExactCounts(server);
  await expectNothingLeft(server);
  const { equal } = await verifyCatalogue(server.database, () => {}, t.signal);
  assert.ok(equal);
});
