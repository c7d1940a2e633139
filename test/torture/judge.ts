// Whether a round came out as promised: everything in the database, on disk and in the answers against the files.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportState, Ledger } from '../../src/cli/client/loadstone-client.ts';
import type { ModelProduct } from '../support/catalogue-model.ts';
import { type Expected, expectedAfter, isLedger, ordersOf, productDifferences } from './expected.ts';
import { patiently } from './patiently.ts';
import { ask, type Round } from './round.ts';
import type { Submission } from './submission.ts';
import type { Products } from './updates.ts';

export type Outcome = 'resumed' | 'failed as promised';

/** From when nothing is in the way any more. */
const ENDS_WITHIN_MS = 90_000;
/** What dead processes left is looked for every minute. */
const TIDY_WITHIN_MS = 75_000;
const STOPS_WITHIN_MS = 10_000;
const SESSIONS_GONE_WITHIN_MS = 5_000;
const SHOWN = 3;

/** @throws an error that says what is wrong */
export async function judge(round: Round): Promise<Outcome> {
  const endings: string[] = [];
  const completed: Submission[] = [];
  for (const submission of oneOfEachId(round.submissions)) {
    const ending = await endingOf(round, submission);
    endings.push(ending);
    if (ending === 'COMPLETED') completed.push(submission);
  }
  await judgeCatalogue(round, completed);
  for (const submission of completed) await judgeIssues(round, submission);
  await judgeAnswers(round, completed);
  await judgeTidiness(round);
  await judgeStops(round);
  const [fault] = round.lookOut.faults;
  if (fault) throw new Error(fault);
  for (const { ownEnd } of round.servers) if (ownEnd) throw new Error(ownEnd);
  return endings.every((ending) => ending === 'COMPLETED') ? 'resumed' : 'failed as promised';
}

async function endingOf(round: Round, submission: Submission): Promise<string> {
  const { id, endings } = submission;
  const replied = await submission.replied();
  const exists = (await round.importRow(id)) !== undefined;
  if (exists) await round.importReaches(id, ({ finished }) => finished, ENDS_WITHIN_MS);
  const row = exists ? await round.importRow(id) : undefined;
  const ending = !row ? 'REFUSED' : row.status === 'FAILED' ? String(row.errorCode) : row.status;
  if (replied.code) round.note(`answer ${replied.code}`);
  if (ending !== 'COMPLETED') round.note(ending);
  if (!endings.includes(ending)) {
    throw new Error(`an import ended ${ending}, where only ${endings.join(' or ')} is allowed`);
  }
  if (replied.state && replied.state.status !== 'FAILED' && ending !== 'COMPLETED') {
    throw new Error(`a client was told that its file is safe, and its import ended ${ending}`);
  }
  return ending;
}

/** Some order of the imports must explain all products and all ledgers. */
async function judgeCatalogue(round: Round, completed: readonly Submission[]): Promise<void> {
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
    throw new Error(`the catalogue is not what the files say: ${fewest.slice(0, SHOWN).join('; ')}${more}`);
  }
  await judgeCounts(round, found);
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

async function readProducts({ database }: Round): Promise<Products> {
  const read = () =>
    database.sql<(ModelProduct & { sku: string })[]>`SELECT sku, name, description FROM products`;
  const rows = await patiently('products are read', read);
  return new Map(rows.map(({ sku, ...product }) => [sku, product]));
}

async function judgeCounts(round: Round, products: Products): Promise<void> {
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

async function judgeIssues({ database }: Round, { id, file }: Submission): Promise<void> {
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

function isSame(found: object | undefined, wanted: object): boolean {
  const values = new Map(Object.entries(found ?? {}));
  return Object.entries(wanted).every(([key, value]) => values.get(key) === value);
}

/** What a server answers is what its database holds. */
async function judgeAnswers(round: Round, completed: readonly Submission[]): Promise<void> {
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
        `a server answers ${JSON.stringify(answer)} for an import that is ${JSON.stringify(row)}`,
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
    throw new Error('productCountsByName answers other counts than the products have');
  }
}

/** No staging table, no file in the spool, no session of an import is left. */
async function judgeTidiness(round: Round): Promise<void> {
  const begun = Date.now();
  const look = async () => {
    const left = await leftovers(round);
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  };
  await patiently('everything is tidied up', look, TIDY_WITHIN_MS);
  const seconds = Math.round((Date.now() - begun) / 1000);
  if (seconds > 1) round.note(`tidy after ${seconds} s`);
}

async function leftovers({ database, dataDir }: Round): Promise<string[]> {
  const tables = await database.sql`
    SELECT 'table ' || tablename AS what FROM pg_tables WHERE schemaname = 'loadstone_staging'`;
  const sessions = await database.sql`
    SELECT 'session ' || application_name || ' ' || state AS what FROM pg_stat_activity
    WHERE datname = current_database()
      AND application_name ~ '^loadstone (lane|merge)'`;
  const files = await readdir(join(dataDir, 'spool')).catch(() => []);
  return [...tables, ...sessions]
    .map((row) => String(row['what']))
    .concat(files.map((file) => `file ${file}`));
}

async function judgeStops(round: Round): Promise<void> {
  for (const server of round.servers) {
    if (!server.hasEnded) judgeStop(await server.stop());
  }
  const look = async () => {
    const left = await round.database.sql`
      SELECT application_name, state, query FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'loadstone%'`;
    if (left.length > 0) throw new Error(`sessions are left: ${JSON.stringify(left)}`);
  };
  await patiently('sessions of servers that ended are gone', look, SESSIONS_GONE_WITHIN_MS);
}

/** A server that is asked to end does so in order, and soon. */
export function judgeStop({ code, milliseconds }: { code: number | null; milliseconds: number }): void {
  if (code === 0 && milliseconds <= STOPS_WITHIN_MS) return;
  throw new Error(`a server ended with ${code} after ${Math.round(milliseconds)} ms`);
}

function oneOfEachId(submissions: readonly Submission[]): Submission[] {
  return [...new Map(submissions.map((submission) => [submission.id, submission])).values()];
}
