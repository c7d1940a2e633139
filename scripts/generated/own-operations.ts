// The list of the documents that the console and the commands send.

import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { type DocumentNode, Kind } from 'graphql';
import { formatDocument, stringifyDocument } from 'urql';
import * as demoDocuments from '../../src/cli/client/demo-documents.ts';
import * as commandDocuments from '../../src/cli/client/documents.ts';
import { documents } from '../../src/console/api/graphql.ts';

const root = new URL('../../', import.meta.url);

export async function ownOperations(): Promise<string> {
  const hashes = [...(await consoleTexts()), ...commandTexts()].map(
    (text) => `  '${createHash('sha256').update(text).digest('hex')}',`,
  );
  return [
    '// Generated from the documents of src/console and src/cli by `npm run generate`. Do not edit.',
    '',
    '/** The SHA-256 of the documents that the console and the commands send. */',
    'export const OWN_OPERATIONS = [',
    ...[...new Set(hashes)].sort(),
    '] as const;',
    '',
  ].join('\n');
}

/** Each as it is, for subscriptions and uploads, and as the cache of urql changes it. */
async function consoleTexts(): Promise<string[]> {
  for await (const path of glob('src/console/**/*.{ts,tsx}', { cwd: root })) {
    const module = new URL(path, root);
    if (!/\bgraphql\(\s*`/.test(await readFile(module, 'utf8'))) continue;
    if (path.endsWith('.tsx'))
      throw new Error(`Move the GraphQL documents of ${path} to a file documents.ts.`);
    await import(module.href);
  }
  const operations = documents.filter(({ definitions }) =>
    definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION),
  );
  return operations.flatMap((document) => [
    stringifyDocument(document),
    // Its result differs in types only.
    stringifyDocument(formatDocument(document) as DocumentNode),
  ]);
}

function commandTexts(): string[] {
  const texts = [...Object.values(commandDocuments), ...Object.values(demoDocuments)];
  return texts.filter((text) => /^(query|mutation|subscription)\b/.test(text));
}
