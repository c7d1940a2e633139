// Previews of a test server: starts imports that stop at READY, reads what they would do, commits them.

import assert from 'node:assert/strict';
import { IMPORT_FIELDS } from '../../../src/cli/client/documents.ts';
import type { ImportOptions, ImportState } from '../../../src/cli/client/loadstone-client.ts';
import type { PreviewedProduct, PreviewedRows, PreviewSample } from '../../../src/db/tables.ts';
import { type Answer, type Content, expectNoErrors, query, upload } from '../server/graphql-client.ts';
import type { TestServer } from '../server/server.ts';
import { importReaches } from './import-state.ts';

export interface Preview {
  asOf: string;
  rows: PreviewedRows;
  namesChanged: number;
  names: { name: string; countNow: number; countThen: number }[];
  samples: PreviewSample[];
}

const PREVIEW = `query ($id: ID!) { import(id: $id) { preview {
  asOf namesChanged rows { read inserted updated unchanged superseded rejected deleted }
  names { name countNow countThen }
  samples { kind line sku winningLine before { ...values } after { ...values } }
} } }
fragment values on PreviewedProduct { name description attributes isCut }`;

const COMMIT = `mutation ($id: ID!) { commitImport(id: $id) { ${IMPORT_FIELDS} } }`;

/** Uploads the file, and waits until its import is READY. */
export async function importUntilReady(
  url: string,
  content: Content,
  options: ImportOptions = {},
): Promise<ImportState & { preview: Preview }> {
  const sent = expectNoErrors(await upload(url, 'products.csv', content, { ...options, preview: true }));
  const ready = await becomesReady(url, sent.importProducts.id);
  return { ...ready, preview: (await previewOf(url, ready.id)) ?? assert.fail('there is no preview') };
}

export async function becomesReady(url: string, id: string): Promise<ImportState> {
  return importReaches(url, id, 'the import is READY', ({ status }) => status === 'READY');
}

export async function previewOf(url: string, id: string): Promise<Preview | null> {
  const data = expectNoErrors(await query<{ import: { preview: Preview | null } }>(url, PREVIEW, { id }));
  return data.import.preview;
}

export async function commit(url: string, id: string): Promise<Answer<{ commitImport: ImportState }>> {
  return query(url, COMMIT, { id });
}

export async function cancel(url: string, id: string): Promise<Answer<{ cancelImport: ImportState }>> {
  return query(url, `mutation ($id: ID!) { cancelImport(id: $id) { ${IMPORT_FIELDS} } }`, { id });
}

/** The code of the first error; undefined if there is none. */
export function codeOf({ errors }: Answer<unknown>): string | undefined {
  return errors?.[0]?.extensions?.code;
}

/** Makes the time to commit an import be over. */
export async function expire({ database }: Pick<TestServer, 'database'>, id: string): Promise<void> {
  await database.sql`UPDATE imports SET expires_at = now() WHERE id = ${id}`;
}

/** What a test expects of a description that is shown whole. */
export function product(name: string, description: string): PreviewedProduct {
  return { name, description, attributes: {}, isCut: false };
}
