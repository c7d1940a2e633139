// The examples of GraphiQL are valid, have names, and the command among them imports a file.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { getOperationAST, getVariableValues, parse, validate } from 'graphql';
import { graphiqlExamples } from '../../../../src/http/graphql/graphiql/graphiql-examples.ts';
import { buildSchema } from '../../../../src/schema/index.ts';
import { expectNoErrors, query } from '../../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../../../support/server/server.ts';
import { createTemporaryFolder } from '../../../support/temporary-folder.ts';

test('the examples of GraphiQL are operations of the schema, with names', () => {
  const schema = buildSchema();
  const names = graphiqlExamples('http://127.0.0.1:4000').map(({ query: text, variables = '{}' }) => {
    const document = parse(text);
    assert.deepEqual(validate(schema, document), [], text);
    for (const line of text.split('\n')) assert.ok(line.length <= 56, `too long for half a window: ${line}`);
    const operation = getOperationAST(document);
    const given = { file: Promise.resolve(), ...JSON.parse(variables) };
    const { errors = [] } = getVariableValues(schema, operation?.variableDefinitions ?? [], given);
    assert.deepEqual(
      errors.filter(({ message }) => !message.includes('Upload')),
      [],
    );
    return operation?.name?.value;
  });
  assert.deepEqual(names, ['ImportByCurl', 'Progress', 'Update', 'Counts']);
});

test('the command in GraphiQL imports a file', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const cwd = await createTemporaryFolder(t);
  await writeFile(join(cwd, 'products.csv'), 'name,sku,description\nAda,a-1,first\n');
  const [example] = graphiqlExamples(server.url);
  const comment = example?.query.split('\n').filter((line) => line.startsWith('# ')) ?? [];
  const command = comment.slice(1, -1).map((line) => line.slice(2));
  const { stdout } = await promisify(execFile)('bash', ['-c', command.join('\n')], { cwd });
  const { id } = JSON.parse(stdout).data.importProducts;
  const found = expectNoErrors(
    await query<{ import: object }>(server.url, 'query ($id: ID!) { import(id: $id) { fileName } }', { id }),
  );
  assert.deepEqual(found.import, { fileName: 'products.csv' });
});
