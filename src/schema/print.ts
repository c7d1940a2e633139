// Writes schema.graphql, the schema for people and tools to read; with --check it only tells whether it is current.

import { readFile, writeFile } from 'node:fs/promises';
import { printSchema } from 'graphql';
import { buildSchema } from './index.ts';

const file = new URL('../../schema.graphql', import.meta.url);
const printed = `${printSchema(buildSchema())}\n`;

if (process.argv.includes('--check')) {
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed !== printed) {
    console.error('schema.graphql is not what src/schema says: run `npm run schema:print` and commit it.');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, printed);
}
