// Runs every example of the documents as a reader would: shell commands and programs against one server. GraphQL documents
// are validated against the schema. A JSON block after a command is the expected answer.

import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { buildSchema, NoUnusedFragmentsRule, parse, specifiedRules, validate } from 'graphql';
import { openDatabase } from '../../src/db/postgres/connection/database.ts';
import { migrateDatabase } from '../../src/db/postgres/startup/migrate.ts';
import { addressOf, testPostgres } from '../support/database/template.ts';
import { releaseAfter } from '../support/release.ts';
import { startTestServer } from '../support/server/server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { type Block, type Document, ROOT, readDocument, readDocuments } from './documents.ts';

/** Run in this order on one server. */
const WITH_COMMANDS = ['README.md', 'docs/api.md', 'docs/cli.md', 'docs/data-sources.md', 'docs/clients.md'];

/** Commands that other tests run, or whose server this test starts itself. */
const TESTED_ELSEWHERE =
  /^(npm ci|npm start|npm test|npm run (demo|verify|token|torture|abuse|check|dev)\b|DATABASE_URL=\S+ npm run migrate$|ALLOW_PRIVATE_SOURCES=true npm start$)/;

/**
 * Blocks of these languages are tested here or, nginx, in test/http/nginx.test.ts, or, TypeScript and `javascript` for a
 * browser, in test/docs/clients.test.ts.
 */
const LANGUAGES = ['sh', 'json', 'js', 'graphql', 'sql', 'nginx', 'ts', 'javascript', '', 'yaml'];

/** A fragment may be shown alone. */
const RULES = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);

/** Matches any text in an answer. */
const ANY = '…';

/** Commands that do not exit on their own are stopped once they have printed this. */
const ENDLESS: [command: RegExp, printed: RegExp][] = [
  [/productCountsChanged|dataSourceChanged/, /^data: \{.*\n/m],
  [/npm run source/, /http:\/\/[\d.:]+/],
];

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const documents = readDocuments();

test('documented commands and programs run as written', async (t) => {
  const server = await startTestServer(t, { allowPrivateSources: true });
  const folder = await createTemporaryFolder(t);
  const addresses = new Map([['127.0.0.1:4000', new URL(server.url).host]]);
  for (const path of WITH_COMMANDS) {
    const { blocks } = readDocument(path);
    for (const [at, block] of blocks.entries()) {
      const where = `${path}:${block.line}`;
      if (block.language === 'js') await runProgram(t, block, addresses, where);
      if (block.language !== 'sh') continue;
      const expected = blocks[at + 1]?.language === 'json' ? blocks[at + 1] : undefined;
      for (const command of commandsOf(block)) {
        if (TESTED_ELSEWHERE.test(command)) continue;
        const output = await run(t, command, { folder, addresses, where });
        checkAnswer(output, expected, where);
      }
    }
  }
});

test('every documented command is run', () => {
  const left = documents
    .filter(({ path }) => !WITH_COMMANDS.includes(path))
    .flatMap(({ path, blocks }) =>
      blocks
        .filter(({ language }) => language === 'sh')
        .flatMap(commandsOf)
        .filter((command) => !TESTED_ELSEWHERE.test(command))
        .map((command) => `${path}: ${command}`),
    );
  assert.deepEqual(left, []);
  const languages = documents.flatMap(({ blocks }) => blocks.map(({ language }) => language));
  assert.deepEqual(
    languages.filter((language) => !LANGUAGES.includes(language)),
    [],
  );
});

test('GraphQL examples are valid against the schema', () => {
  const schema = buildSchema(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));
  for (const { path, text, line } of blocksOf('graphql')) {
    const errors = validate(schema, parse(text), RULES);
    assert.deepEqual(errors, [], `${path}:${line}`);
  }
});

test('the SQL in docs/operations.md creates a working database', async (t) => {
  const [create] = blocksOf('sql');
  assert.ok(create);
  const name = `documented_${process.pid}`;
  const statements = create.text
    .replaceAll('loadstone', name)
    .split(';')
    .filter((text) => text.trim() !== '');
  const admin = openDatabase(testPostgres().url, { max: 1, applicationName: 'test' });
  releaseAfter(t, async () => {
    await admin.sql`drop database if exists ${admin.sql(name)} with (force)`;
    await admin.sql`drop role if exists ${admin.sql(name)}`;
    await admin.close();
  });
  for (const statement of statements) await admin.sql.unsafe(statement);
  const url = new URL(addressOf(name, testPostgres().url));
  url.username = name;
  url.password = /PASSWORD '(.*?)'/.exec(create.text)?.[1] ?? '';
  await migrateDatabase(url.href);
});

function blocksOf(language: string): (Block & Pick<Document, 'path'>)[] {
  return documents.flatMap(({ path, blocks }) =>
    blocks.filter((block) => block.language === language).map((block) => ({ ...block, path })),
  );
}

/** @returns the commands of a block; a backslash continues a command on the next line */
function commandsOf({ text }: Block): string[] {
  return text
    .replace(/\\\n/g, '\\\0')
    .split('\n')
    .map((line) => line.replaceAll('\0', '\n').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

interface Place {
  folder: string;
  /** Maps each documented host and port to the actual ones. */
  addresses: Map<string, string>;
  where: string;
}

/** @returns its output up to its exit, or up to what `ENDLESS` waits for */
async function run(t: TestContext, command: string, { folder, addresses, where }: Place): Promise<string> {
  let adapted = command.replace(/npm run ([\w:]+) --/g, (_match, script) =>
    String(manifest.scripts[script]).replace(/^node .*?(\S+\.ts)/, `"${process.execPath}" "${ROOT}/$1"`),
  );
  if (/npm run (import|export)\b/.test(command))
    adapted += ` --url http://${addresses.get('127.0.0.1:4000')}/graphql`;
  if (/npm run source\b/.test(command)) adapted = `exec ${adapted.replace('--port 4100', '--port 0')}`;
  const child = spawn('bash', ['-euo', 'pipefail', '-c', redirect(adapted, addresses)], { cwd: folder });
  const enough = ENDLESS.find(([pattern]) => pattern.test(command))?.[1];
  const { stdout, code } = await outputOf(child, enough);
  if (/npm run source\b/.test(command)) {
    addresses.set('127.0.0.1:4100', new URL(enough?.exec(stdout)?.[0] ?? '').host);
    releaseAfter(t, () => end(child));
  } else await end(child);
  if (!enough) assert.equal(code, 0, where);
  if (command.includes('importProgress'))
    assert.match(stdout, /"status":"COMPLETED".*event: complete/s, where);
  return stdout;
}

async function runProgram(
  t: TestContext,
  { text }: Block,
  addresses: Map<string, string>,
  where: string,
): Promise<void> {
  const program = redirect(text, addresses);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: ROOT });
  releaseAfter(t, () => end(child));
  const { stdout, code } = await outputOf(child);
  assert.equal(code, 0, where);
  assert.notEqual(stdout, '', where);
}

function redirect(text: string, addresses: Map<string, string>): string {
  // Whole ports alone: a server that listens on 40001 is not the documented 4000.
  return text.replace(/127\.0\.0\.1:\d+/g, (address) => addresses.get(address) ?? address);
}

/** @param enough stops reading the output once it matches */
async function outputOf(
  child: ChildProcessWithoutNullStreams,
  enough?: RegExp,
): Promise<{ stdout: string; code: number | null | undefined }> {
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    stdout += chunk;
    if (enough?.test(stdout)) return { stdout, code: undefined };
  }
  if (child.exitCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) console.error(stdout, stderr);
  return { stdout, code: child.exitCode };
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

function checkAnswer(output: string, expected: Block | undefined, where: string): void {
  if (expected) {
    const answer = JSON.parse(output);
    assert.deepEqual(answer, filledIn(JSON.parse(expected.text), answer), where);
    return;
  }
  const answers = output.startsWith('{')
    ? [output]
    : [...output.matchAll(/^data: (\{.*\})$/gm)].map(([, data = '']) => data);
  for (const answer of answers) assert.equal(JSON.parse(answer).errors, undefined, `${where}: ${answer}`);
}

/** @returns the expected answer, with `ANY` replaced by the actual value */
function filledIn(expected: unknown, actual: unknown): unknown {
  if (expected === ANY) return actual;
  if (typeof expected !== 'object' || expected === null) return expected;
  const at = (key: string | number) => (actual as Record<string | number, unknown> | undefined)?.[key];
  if (Array.isArray(expected)) return expected.map((each, index) => filledIn(each, at(index)));
  return Object.fromEntries(Object.entries(expected).map(([key, each]) => [key, filledIn(each, at(key))]));
}
