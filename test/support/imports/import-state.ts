// Queries the state of an import, and waits for a state that a test needs.

import assert from 'node:assert/strict';
import { IMPORT_FIELDS } from '../../../src/cli/client/documents.ts';
import { hasEnded, type ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { expectNoErrors, query } from '../server/graphql-client.ts';
import { waitUntil } from '../wait-until.ts';

const IMPORT = `query ($id: ID!) { import(id: $id) { ${IMPORT_FIELDS} } }`;

/** @returns null if there is no such import */
export async function importState(url: string, id: string): Promise<ImportState | null> {
  return expectNoErrors(await query<{ import: ImportState | null }>(url, IMPORT, { id })).import;
}

/** Waits for the first state that passes the check, and returns it. Fails if the import ends first. */
export async function importReaches(
  url: string,
  id: string,
  what: string,
  check: (state: ImportState) => boolean,
): Promise<ImportState> {
  const found: ImportState[] = [];
  await waitUntil(what, async () => {
    const state = await importState(url, id);
    if (!state) return false;
    if (check(state)) found.push(state);
    else assert.ok(!hasEnded(state), `waited until ${what}, but the import ended: ${JSON.stringify(state)}`);
    return found.length > 0;
  });
  return found[0] ?? assert.fail(what);
}

export async function importEnds(url: string, id: string): Promise<ImportState> {
  return importReaches(url, id, 'the import ends', hasEnded);
}
