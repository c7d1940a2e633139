// Files of which nearly every row is bad, in as few bytes as can be: what is held of them is bounded, and the limit of
// rejected rows holds while a block is read, not only behind it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectCatalogue } from '../support/catalogue.ts';
import { CatalogueModel } from '../support/catalogue-model.ts';
import { importAndWait, query } from '../support/graphql-client.ts';
import { startTestServer } from '../support/server.ts';

const HEADER = 'name,sku,description\n';
const BAD_LINES: [line: string, code: string][] = [
  ['x', 'WRONG_FIELD_COUNT'],
  ['x,', 'WRONG_FIELD_COUNT'],
  [',,x', 'BLANK_SKU'],
  ['x"', 'UNBALANCED_QUOTE'],
];
/** All of them in one block. */
const MANY = 230_000;
const LIMIT = 1500;
/** Each lane may have written a batch more, and another one before it hears of the end. */
const MOST_WRITTEN = LIMIT + 4 * 1000;

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`${parser}: too many rejected rows of a few bytes end an import at once`, async (t) => {
    const server = await startTestServer(t, { parser });
    for (const [line, code] of BAD_LINES) {
      const file = HEADER + `${line}\n`.repeat(MANY);
      const done = await importAndWait(server.url, file, { maxRejectedRows: LIMIT });
      assert.equal(done.error?.code, 'TOO_MANY_REJECTED_ROWS', `${line}: ${done.error?.message}`);
      const { import: found } = await query<Counted>(server.url, ISSUE_COUNTS, { id: done.id }).then(
        ({ data }) => data as Counted,
      );
      const [reason, ...others] = found.issueCounts;
      assert.deepEqual([reason?.code, others], [code, []]);
      const count = reason?.count ?? 0;
      assert.ok(count > LIMIT && count <= MOST_WRITTEN, `${line}: ${count} issues`);
    }
  });

  test(`${parser}: with a raised limit all of them are told, and the good rows are imported`, async (t) => {
    const server = await startTestServer(t, { parser });
    const good = 'Ann,a-1,first\n';
    const wide = `${'a,'.repeat(300_000)}\n`;
    const file = `${HEADER}${'x\n'.repeat(5_000)}${good}${wide}${'x\n'.repeat(5_000)}Bob,b-1,last\n`;
    const done = await importAndWait(server.url, file, { maxRejectedRows: 20_000 });
    assert.equal(done.status, 'COMPLETED', JSON.stringify(done.error));
    assert.deepEqual([done.rows.read, done.rows.inserted, done.rows.rejected], [10_003, 2, 10_001]);
    const model = new CatalogueModel();
    model.import(`${HEADER}${good}Bob,b-1,last\n`);
    await expectCatalogue(server, model);
  });
}

interface Counted {
  import: { issueCounts: { code: string; count: number }[] };
}

const ISSUE_COUNTS = 'query ($id: ID!) { import(id: $id) { issueCounts { code count } } }';
