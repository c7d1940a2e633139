// Data sources as a client creates and observes them.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Settings } from '../../../src/config.ts';
import { expectNoErrors, query } from '../server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../server/server.ts';
import { waitUntil } from '../wait-until.ts';

export interface SourceState {
  id: string;
  name: string;
  kind: string;
  url: string;
  headerNames: string[];
  intervalSeconds: number;
  mode: string;
  delimiter: string | null;
  encoding: string | null;
  quoting: string;
  skipInitialSpace: boolean;
  sheet: string | null;
  profile: string | null;
  mapping: { column: string; field: string; isGuessed: boolean }[];
  defaults: { field: string; value: string }[];
  maxRejectedRows: number | null;
  state: string;
  error: { code: string; message: string } | null;
  consecutiveFailures: number;
  lastCheckAt: string | null;
  lastChangeAt: string | null;
  lastImportAt: string | null;
  nextCheckAt: string | null;
  currentImport: { id: string; status: string } | null;
  lastImport: SourceImport | null;
  deletionToConfirm: {
    importId: string;
    products: number;
    of: number;
    skus: string[];
    isConfirmed: boolean;
  } | null;
  productCount: number;
  heldProductCount: number;
}

export interface SourceImport {
  id: string;
  fileName: string;
  source: { id: string; name: string } | null;
  encoding: string | null;
  warnings: { code: string; message: string }[];
  rows: Record<'read' | 'inserted' | 'updated' | 'unchanged' | 'superseded' | 'rejected' | 'deleted', number>;
}

const IMPORT_OF_SOURCE =
  'id fileName source { id name } encoding warnings { code message } rows { read inserted updated unchanged superseded rejected deleted }';

const SOURCE_FIELDS = `
  id name kind url headerNames intervalSeconds mode
  delimiter encoding quoting skipInitialSpace sheet profile mapping { column field isGuessed } defaults { field value }
  maxRejectedRows state error { code message } consecutiveFailures
  lastCheckAt lastChangeAt lastImportAt nextCheckAt currentImport { id status } lastImport { ${IMPORT_OF_SOURCE} }
  deletionToConfirm { importId products of skus isConfirmed } productCount heldProductCount`;

/** Long enough that there are no checks but those that a test requests. */
export const NEVER = 86_400;

export interface SourceInput {
  name?: string;
  kind?: 'HTTP' | 'SENSE_READ';
  url: string;
  intervalSeconds?: number;
  mode?: 'UPSERT' | 'REPLACE';
  maxDeletedShare?: number;
  headers?: { name: string; value: string }[];
  delimiter?: string | null;
  encoding?: string | null;
  quoting?: 'STANDARD' | 'NONE' | null;
  skipInitialSpace?: boolean | null;
  sheet?: string | null;
  onDuplicate?: string | null;
  profile?: string | null;
  mapping?: { column: string; field: string }[] | null;
  defaults?: { field: string; value: string }[] | null;
  maxRejectedRows?: number | null;
}

/** On any server URL. */
type Served = Pick<TestServer, 'url'>;

/** A server that is allowed to fetch from this machine. */
export function startSourcesServer(t: TestContext, overrides: Partial<Settings> = {}): Promise<TestServer> {
  return startTestServer(t, { ...ONE_LANE, allowPrivateSources: true, ...overrides });
}

export async function addSource({ url }: Served, input: SourceInput): Promise<SourceState> {
  const document = `mutation ($input: AddDataSourceInput!) { addDataSource(input: $input) { ${SOURCE_FIELDS} } }`;
  const defaults = { name: 'source', kind: 'HTTP', intervalSeconds: NEVER };
  const answer = await query<{ addDataSource: SourceState }>(url, document, {
    input: { ...defaults, ...input },
  });
  return expectNoErrors(answer).addDataSource;
}

/** Any mutation of a source that takes only its id. */
export async function commandSource(
  { url }: Served,
  mutation: 'syncDataSource' | 'pauseDataSource' | 'resumeDataSource' | 'removeDataSource',
  id: string,
): Promise<SourceState> {
  const document = `mutation ($id: ID!) { ${mutation}(id: $id) { ${SOURCE_FIELDS} } }`;
  const data = expectNoErrors(await query<Record<string, SourceState>>(url, document, { id }));
  return data[mutation] ?? assert.fail(`${mutation} answered nothing`);
}

export async function updateSource(
  { url }: Served,
  id: string,
  input: Partial<SourceInput>,
): Promise<SourceState> {
  const document = `mutation ($id: ID!, $input: UpdateDataSourceInput!) {
    updateDataSource(id: $id, input: $input) { ${SOURCE_FIELDS} }
  }`;
  return expectNoErrors(await query<{ updateDataSource: SourceState }>(url, document, { id, input }))
    .updateDataSource;
}

export async function confirmDeletion({ url }: Served, id: string, importId: string): Promise<SourceState> {
  const document = `mutation ($id: ID!, $importId: ID!) {
    confirmDataSourceDeletion(id: $id, importId: $importId) { ${SOURCE_FIELDS} }
  }`;
  const answer = await query<{ confirmDataSourceDeletion: SourceState }>(url, document, { id, importId });
  return expectNoErrors(answer).confirmDataSourceDeletion;
}

export async function sourceState({ url }: Served, id: string): Promise<SourceState | null> {
  const document = `query ($id: ID!) { dataSource(id: $id) { ${SOURCE_FIELDS} } }`;
  return expectNoErrors(await query<{ dataSource: SourceState | null }>(url, document, { id })).dataSource;
}

/** Waits for the first state that passes the check, and returns it. */
export async function sourceReaches(
  server: Served,
  id: string,
  what: string,
  check: (state: SourceState) => boolean,
): Promise<SourceState> {
  let last: SourceState | null = null;
  await waitUntil(
    `the source ${what}`,
    async () => {
      last = await sourceState(server, id);
      return last !== null && check(last);
    },
    30_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
  });
  return last ?? assert.fail(what);
}

/** Waits for the end of an import of the source that is later than `before`. */
export async function sourceImported(
  server: Served,
  id: string,
  before?: SourceImport | null,
): Promise<SourceState & { lastImport: SourceImport }> {
  const state = await sourceReaches(
    server,
    id,
    'has imported what it found',
    ({ lastImport, currentImport }) =>
      lastImport !== null && lastImport.id !== before?.id && currentImport === null,
  );
  return { ...state, lastImport: state.lastImport ?? assert.fail('it has no import') };
}

/** Requests a check of the source, and waits until it has settled. */
export async function syncAndSettle(server: Served, id: string): Promise<SourceState> {
  const before = await commandSource(server, 'syncDataSource', id);
  return sourceReaches(
    server,
    id,
    'was checked',
    ({ state, lastCheckAt }) =>
      lastCheckAt !== before.lastCheckAt && !['CHECKING', 'FETCHING', 'IMPORTING'].includes(state),
  );
}
