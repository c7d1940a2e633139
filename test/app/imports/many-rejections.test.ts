// Files of nearly only bad rows, each as short as possible: memory stays bounded, and the limit on rejected rows is
// enforced within a block, not only at its end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectCatalogue } from '../../support/imports/catalogue.ts';
import { CatalogueModel } from '../../support/imports/catalogue-model.ts';
import { importAndWait, query } from '../../support/server/graphql-client.ts';
import { startTestServer } from '../../support/server/server.ts';

const HEADER = 'name,sku,description\n';
const BAD_LINES: [line: string, code: string][] = [
  ['x', 'WRONG_FIELD_COUNT'],
  ['x,', 'WRONG_FIELD_COUNT'],
  [',,x', 'BLANK_SKU'],
  ['x"', 'UNBALANCED_QUOTE'],
];
/** Few enough to fit in one block. */
const MANY = 230_000;
const LIMIT = 1500;
/** Each lane may have written one more batch, and another before it learns that the import has failed. */
const MOST_WRITTEN = LIMIT + 4 * 1000;

for (const parser of ['fast', 'csv-parse'] as const) {
  test(`${parser}: too many short bad rows fail an import immediately`, async (t) => {
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

  test(`${parser}: with a higher limit all bad rows are reported and the good ones imported`, async (t) => {
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
