// Verifies a round: compares database, disk and responses with what the files say.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ImportState, Ledger } from '../../src/cli/client/loadstone-client.ts';
import { untilFinished } from '../../src/db/postgres/in-doubt.ts';
import type { Submission } from './clients/submission.ts';
import type { Products } from './clients/updates.ts';
import { eventually } from './eventually.ts';
import {
  type Expected,
  expectedAfter,
  isLedger,
  ordersOf,
  productDifferences,
} from './expected-catalogue.ts';
import { GivenCluster } from './machines/given-cluster.ts';
import { ask, type Round } from './round.ts';

export type Outcome = 'resumed' | 'failed as promised';

/** Counted from the end of the fault. */
const IMPORT_TIMEOUT_MS = 90_000;
/** Servers clean up after dead processes once a minute. */
const CLEANUP_TIMEOUT_MS = 75_000;
const SHUTDOWN_TIMEOUT_MS = 10_000;
const SESSIONS_TIMEOUT_MS = 5_000;
const SHOWN = 3;

/** @throws an error that describes the first violation */
export async function verifyRound(round: Round): Promise<Outcome> {
  await redoUndone(round);
  const outcomes: string[] = [];
  const completed: Submission[] = [];
  for (const submission of oneOfEachId(round.submissions)) {
    const outcome = await outcomeOf(round, submission);
    outcomes.push(outcome);
    if (outcome === 'COMPLETED') completed.push(submission);
  }
  await verifyCatalogue(round, completed);
  for (const submission of completed) await verifyIssues(round, submission);
  if (round.submissions.length === 1 && round.updates.size === 0) await verifyPreviews(round, completed);
  await verifyAnswers(round, completed);
  await verifyCleanup(round);
  await verifyShutdown(round);
  const [violation] = round.monitor.violations;
  if (violation) throw new Error(violation);
  for (const { unexpectedExit } of round.servers) if (unexpectedExit) throw new Error(unexpectedExit);
  return outcomes.every((outcome) => outcome === 'COMPLETED') ? 'resumed' : 'failed as promised';
}

/** Undos must complete with everything undone, and so must their own undos. */
async function redoUndone(round: Round): Promise<void> {
  for (const undo of round.undos.splice(0)) {
    await verifyUndo(round, undo);
    await verifyUndo(round, await eventually('the undo is undone', () => round.undo(undo)));
  }
}

async function verifyUndo(round: Round, id: string): Promise<void> {
  await round.importReaches(id, ({ finished }) => finished, IMPORT_TIMEOUT_MS);
  const [undo] = await round.database.sql<{ status: string; kept: number }[]>`
    SELECT status, rows_kept AS kept, error_code AS "errorCode" FROM imports WHERE id = ${id}`;
  if (undo?.status !== 'COMPLETED' || undo.kept !== 0)
    throw new Error(`an undo ended as ${JSON.stringify(undo)}`);
}

async function outcomeOf(round: Round, submission: Submission): Promise<string> {
  const { id, allowedOutcomes } = submission;
  const response = await submission.replied();
  const exists = (await round.importRow(id)) !== undefined;
  if (exists) await round.importReaches(id, ({ finished }) => finished, IMPORT_TIMEOUT_MS);
  const row = exists ? await round.importRow(id) : undefined;
  const outcome = !row ? 'REFUSED' : row.status === 'FAILED' ? String(row.errorCode) : row.status;
  if (response.code) round.note(`answer ${response.code}`);
  if (outcome !== 'COMPLETED') round.note(outcome);
  if (!allowedOutcomes.includes(outcome)) {
    throw new Error(`an import ended as ${outcome}; allowed: ${allowedOutcomes.join(', ')}`);
  }
  if (response.state && response.state.status !== 'FAILED' && outcome !== 'COMPLETED') {
    throw new Error(`the client's upload was accepted, but the import ended as ${outcome}`);
  }
  return outcome;
}

/** Products and row counts must be those of the imports in some order. */
async function verifyCatalogue(round: Round, completed: readonly Submission[]): Promise<void> {
  await eventually('no node has a part of a commit', () => untilFinished(round.database.sql));
  const found = await readProducts(round);
  const ledgers = new Map<string, Ledger>();
  for (const { id } of completed) {
    const row = await round.importRow(id);
    if (row) ledgers.set(id, row.rows);
  }
  const explanations = [...ordersOf(completed)].map((order) => {
    const expected = expectedAfter(round.before, order);
    return differences(round, found, ledgers, expected);
  });
  if (!explanations.some((list) => list.length === 0)) {
    const [fewest = []] = explanations.sort((a, b) => a.length - b.length);
    const more = fewest.length > SHOWN ? ` … ${fewest.length} differences` : '';
    throw new Error(`the catalogue does not match the files: ${fewest.slice(0, SHOWN).join('; ')}${more}`);
  }
  await verifyCounts(round, found);
}

function differences(
  round: Round,
  found: Products,
  ledgers: ReadonlyMap<string, Ledger>,
  expected: Expected,
): string[] {
  const list: string[] = [];
  const range = round.updates.changedBack(round.before.products, expected.products, found);
  for (const [id, wanted] of expected.ledgers) {
    const ledger = ledgers.get(id);
    if (ledger && isLedger(ledger, wanted, range)) continue;
    list.push(`the ledger is ${JSON.stringify(ledger)} and should be ${JSON.stringify(wanted)}`);
  }
  return [...list, ...productDifferences(found, expected, round.updates)];
}

interface StoredProduct {
  sku: string;
  name: string;
  description: string;
  attributes: Record<string, string> | null;
}

async function readProducts({ database }: Round): Promise<Products> {
  const read = () => database.sql<StoredProduct[]>`SELECT sku, name, description, attributes FROM products`;
  const rows = await eventually('the products are read', read);
  return new Map(
    rows.map(({ sku, attributes, ...product }) => [sku, { ...product, ...(attributes && { attributes }) }]),
  );
}

async function verifyCounts(round: Round, products: Products): Promise<void> {
  const wanted = new Map<string, number>();
  for (const { name } of products.values()) wanted.set(name, (wanted.get(name) ?? 0) + 1);
  const counts = await round.database.sql<{ name: string; count: number }[]>`
    SELECT name, product_count AS count FROM product_name_counts`;
  const wrong = counts.filter(({ name, count }) => wanted.get(name) !== count);
  if (wrong.length > 0 || counts.length !== wanted.size) {
    throw new Error(
      `${counts.length} names are counted of ${wanted.size}; wrong are ${JSON.stringify(wrong.slice(0, SHOWN))}`,
    );
  }
}

async function verifyIssues({ database }: Round, { id, file }: Submission): Promise<void> {
  const found = await database.sql`
    SELECT line, kind, code, winning_line AS "winningLine", record
    FROM import_row_issues WHERE import_id = ${id} ORDER BY line`;
  const wrong = file.issues.findIndex((issue, at) => !isSame(found[at], issue));
  const at = wrong >= 0 ? wrong : file.issues.length;
  if (at < Math.max(file.issues.length, found.length)) {
    const [is, shouldBe] = [JSON.stringify(found[at]), JSON.stringify(file.issues[at])];
    throw new Error(
      `${found.length} issues of ${file.issues.length}; number ${at} is ${is} and should be ${shouldBe}`,
    );
  }
}

/** Nothing else has changed the catalogue: the commits did what the previews said. */
async function verifyPreviews(round: Round, completed: readonly Submission[]): Promise<void> {
  for (const { id, preview } of completed) {
    const [stored] = await round.database
      .sql`SELECT preview->'rows' AS rows FROM import_previews WHERE import_id = ${id}`;
    const previewed = stored && { ...stored['rows'] };
    delete previewed?.deleted;
    const ledger = preview ? (await round.importRow(id))?.rows : undefined;
    if (!isDeepStrictEqual(previewed, ledger)) {
      throw new Error(
        `the preview said ${JSON.stringify(previewed)}, but the ledger is ${JSON.stringify(ledger)}`,
      );
    }
  }
}

function isSame(found: object | undefined, wanted: object): boolean {
  const values = new Map(Object.entries(found ?? {}));
  return Object.entries(wanted).every(([key, value]) => values.get(key) === value);
}

/** The server must return what its database holds. */
async function verifyAnswers(round: Round, completed: readonly Submission[]): Promise<void> {
  const { server } = round;
  for (const { id } of completed) {
    const query = '{ status percent rows { read inserted updated unchanged superseded rejected } }';
    const answer = await ask<{ import: Pick<ImportState, 'status' | 'percent' | 'rows'> }>(
      server,
      `query ($id: ID!) { import(id: $id) ${query} }`,
      { id },
    );
    const row = await round.importRow(id);
    const { status, percent, rows } = answer.import;
    if (status !== 'COMPLETED' || percent !== 100 || !isSame(rows, row?.rows ?? {})) {
      throw new Error(
        `the server returned ${JSON.stringify(answer)} for an import that is ${JSON.stringify(row)}`,
      );
    }
  }
  const query = '{ productCountsByName(first: 100) { totalCount nodes { name productCount } } }';
  interface Counts {
    productCountsByName: { totalCount: number; nodes: { name: string; productCount: number }[] };
  }
  const { productCountsByName: answered } = await ask<Counts>(server, query);
  const counted = await round.database.sql`
    SELECT name, count(*) AS "productCount" FROM products GROUP BY name ORDER BY 2 DESC, 1 LIMIT 100`;
  const [total] = await round.database.sql`SELECT count(DISTINCT name) AS names FROM products`;
  const isRight = answered.nodes.every((node, at) => isSame(counted[at], node));
  if (!isRight || answered.nodes.length !== counted.length || answered.totalCount !== total?.['names']) {
    throw new Error('productCountsByName returned counts that differ from the products');
  }
}

/** No staging table, spooled file or session of an import may be left. */
async function verifyCleanup(round: Round): Promise<void> {
  const begun = Date.now();
  const check = async () => {
    const left = await leftovers(round);
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  };
  await eventually('staging tables, spooled files and sessions are removed', check, CLEANUP_TIMEOUT_MS);
  const seconds = Math.round((Date.now() - begun) / 1000);
  if (seconds > 1) round.note(`cleaned up after ${seconds} s`);
}

async function leftovers({ database, databaseName, dataDir, postgres }: Round): Promise<string[]> {
  const tables = await database.sql`
    SELECT 'table ' || tablename AS what FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  const sessions = await database.sql`
    SELECT 'session ' || application_name || ' ' || state AS what FROM pg_stat_activity
    WHERE datname = current_database()
      AND application_name ~ '^loadstone (lane|merge)'`;
  const files = await readdir(join(dataDir, 'spool')).catch(() => []);
  const prepared = postgres instanceof GivenCluster ? await postgres.preparedIn(databaseName) : 0;
  return [...tables, ...sessions]
    .map((row) => String(row['what']))
    .concat(prepared > 0 ? [`${prepared} prepared transactions`] : [])
    .concat(files.map((file) => `file ${file}`));
}

async function verifyShutdown(round: Round): Promise<void> {
  for (const server of round.servers) {
    if (!server.hasEnded) expectCleanExit(await server.stop());
  }
  const check = async () => {
    const left = await round.database.sql`
      SELECT application_name, state, query FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'loadstone%'`;
    if (left.length > 0) throw new Error(`sessions are left: ${JSON.stringify(left)}`);
  };
  await eventually('the sessions of stopped servers are closed', check, SESSIONS_TIMEOUT_MS);
}

/** On SIGTERM a server must exit with 0 within ten seconds. */
export function expectCleanExit({ code, milliseconds }: { code: number | null; milliseconds: number }): void {
  if (code === 0 && milliseconds <= SHUTDOWN_TIMEOUT_MS) return;
  throw new Error(`a server exited with ${code} after ${Math.round(milliseconds)} ms`);
}

function oneOfEachId(submissions: readonly Submission[]): Submission[] {
  return [...new Map(submissions.map((submission) => [submission.id, submission])).values()];
}
