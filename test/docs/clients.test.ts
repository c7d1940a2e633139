// The examples of docs/clients.md that are more than a program: generated types, a page in a browser, and clients that outlast
// a restart of the server. test/docs/examples.test.ts runs the programs.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import {
  buildClientSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  parse,
  printSchema,
} from 'graphql';
import ts from 'typescript';
import { build } from 'vite';
import { openPage } from '../support/browser/browser.ts';
import { releaseAfter } from '../support/release.ts';
import { expectNoErrors, importAndWait, query } from '../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer } from '../support/server/server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ROOT, readDocument } from './documents.ts';

const FILE = 'name,sku,description,color\nAda,a-1,first,red\nAda,a-2,second,\n';

/** Ends a program that would otherwise receive events for ever. */
const LAST_LINE = 'break; // A real client goes on.';

const { blocks } = readDocument('docs/clients.md');

/** The text of the example in which this is found, for the server at a URL. */
function exampleWith(part: string, url: string): string {
  const [found, ...others] = blocks.filter(({ text }) => text.includes(part));
  assert.ok(found && others.length === 0, `not one example with ${part}`);
  return found.text.replaceAll('127.0.0.1:4000', new URL(url).host);
}

test('documented clients have types, uploads show progress, and subscriptions outlast a restart', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const { url } = server;
  await importAndWait(url, FILE, { keepColumns: true });

  await t.test('operations have the types that are generated for them', async (t) => {
    const folder = await createTemporaryFolder(t);
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const write = async (path: string, content: string) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
      return join(folder, path);
    };
    const main = exampleWith('const TOP_NAMES', url);
    const configFile = await write('codegen.ts', exampleWith('CodegenConfig', url));
    const { default: settings } = await import(configFile);
    const [[output, { config, preset: name }]] = Object.entries(settings.generates) as [
      [string, { config: Record<string, unknown>; preset: string }],
    ];
    assert.equal(name, 'client');
    assert.equal(settings.schema, `${url}/graphql`);
    const introspection = expectNoErrors(await query<IntrospectionQuery>(url, getIntrospectionQuery()));
    const rawSDL = /graphql\(`(.*?)`\)/s.exec(main)?.[1] ?? '';
    const sections = await preset.buildGeneratesSection({
      baseOutputDir: output,
      schema: parse(printSchema(buildClientSchema(introspection))),
      documents: [{ location: 'src/main.ts', document: parse(rawSDL), rawSDL }],
      config,
      presetConfig: {},
      plugins: [],
      pluginMap: {},
    } as unknown as Parameters<typeof preset.buildGeneratesSection>[0]);
    for (const section of sections) await write(section.filename, await codegen(section));

    const entry = await write('src/main.ts', main);
    const wrong = await write('src/wrong.ts', main.replace('{ first: 3 }', '{ first: "3" }'));
    const errors = typeErrors([entry, wrong]);
    assert.deepEqual(
      errors.filter((error) => !error.startsWith('wrong.ts: ')),
      [],
    );
    assert.match(errors.join(), /'string' is not assignable to type 'number'/);
    await build({
      root: folder,
      logLevel: 'error',
      configFile: false,
      build: { ssr: entry, outDir: 'out', target: 'node24' },
    });
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'out/main.js')]);
    assert.equal(stdout, 'ADA 2 a-1 red\n');
  });

  await t.test('a browser sees how much of a file has been sent', async (t) => {
    const page = await openPage(t, server);
    await page.goto('/');
    const rows = 60_000;
    const sent = await page.evaluate<{ id: string; values: number[]; code: string }>(`(async () => {
      ${exampleWith('XMLHttpRequest', url)}
      const rows = Array.from({ length: ${rows} }, (_, i) => 'Name,sku-' + i + ',description of a product\\n');
      const file = new File(['name,sku,description\\n', ...rows], 'products.csv');
      const values = [];
      const { id } = await importFile(file, { id: crypto.randomUUID() }, (share) => values.push(share));
      const code = await importFile(file, { id: 'x' }, () => {}).catch((error) => error.code);
      return { id, values, code };
    })()`);
    assert.equal(sent.values.at(-1), 1);
    assert.deepEqual(
      sent.values,
      sent.values.toSorted((a, b) => a - b),
    );
    assert.equal(sent.code, 'BAD_USER_INPUT');
    const text = 'query ($id: ID!) { import(id: $id) { bytesReceived } }';
    const { import: found } = expectNoErrors(
      await query<{ import: { bytesReceived: number } }>(url, text, { id: sent.id }),
    );
    assert.ok(found.bytesReceived > rows * 30);
  });

  await t.test('subscriptions over both transports go on after a restart', async (t) => {
    const programs = blocks.filter(({ text }) => text.includes(LAST_LINE));
    const outputs = programs.map(({ text }) => {
      const endless = text.replace(LAST_LINE, '').replaceAll('127.0.0.1:4000', new URL(url).host);
      const child = spawn(process.execPath, ['--input-type=module', '--eval', endless], { cwd: ROOT });
      releaseAfter(t, () => child.kill());
      const events: string[] = [];
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => events.push(chunk));
      return events;
    });
    assert.equal(outputs.length, 2);
    const allHave = (count: number) => () => outputs.every((events) => events.length >= count);
    await waitUntil('both clients have the first event', allHave(1));
    await server.close();
    const { databaseUrl, dataDir } = server.settings;
    await startTestServer(t, { ...ONE_LANE, databaseUrl, dataDir, port: Number(new URL(url).port) });
    await waitUntil('both clients have an event of the new server', allHave(2));
  });
});

function typeErrors(files: string[]): string[] {
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    return `${basename(file?.fileName ?? '')}: ${message}`;
  });
}
