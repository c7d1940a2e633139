// Writes the files that are generated from code; with --check it only reports those that are out of date.

import { readFile, writeFile } from 'node:fs/promises';
import { printSchema } from 'graphql';
import { buildSchema } from '../src/schema/index.ts';
import { envExample } from './generated/env-example.ts';
import { errorsDocument } from './generated/errors-document.ts';
import { metricsDocument } from './generated/metrics-document.ts';
import { ownOperations } from './generated/own-operations.ts';
import { settingsDocument } from './generated/settings-document.ts';

const root = new URL('../', import.meta.url);

const FILES: Record<string, () => string | Promise<string>> = {
  'schema.graphql': () => `${printSchema(buildSchema())}\n`,
  'docs/errors.md': errorsDocument,
  'docs/metrics.md': metricsDocument,
  'docs/settings.md': settingsDocument,
  '.env.example': envExample,
  'src/http/graphql/documents/own-operations.ts': ownOperations,
};

const isCheck = process.argv.includes('--check');
for (const [path, generate] of Object.entries(FILES)) {
  const file = new URL(path, root);
  const content = await generate();
  if (!isCheck) await writeFile(file, content);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== content) {
    console.error(`${path} is out of date: run \`npm run generate\` and commit it.`);
    process.exitCode = 1;
  }
}
