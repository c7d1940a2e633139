// Checks that what the documents mention exists: headings, files, settings, codes, scripts, packages; and their sizes.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { anchorsOf, codeSpansOf, linksOf, ROOT, readDocument, readDocuments } from './documents.ts';

const documents = readDocuments();
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

test('links point to existing files and headings', () => {
  const broken = documents.flatMap((document) =>
    linksOf(document)
      .filter(({ target, anchor }) => !isReachable(target, anchor))
      .map(({ target, anchor }) => `${document.path}: ${target}${anchor ? `#${anchor}` : ''}`),
  );
  assert.deepEqual(broken, []);
});

function isReachable(target: string, anchor: string | undefined): boolean {
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(readDocument(target)).has(anchor);
}

test('mentioned files and folders exist', () => {
  const path = /^(?:src|test|bench|docs|drizzle|lint|scripts)\/[\w./-]*$/;
  assert.deepEqual(
    mentions(path).filter(({ name }) => !existsSync(join(ROOT, name))),
    [],
  );
});

test('ARCHITECTURE.md mentions every folder of src', () => {
  const rooms = readDocument('ARCHITECTURE.md')
    .prose.split('\n')
    .filter((line) => line.startsWith('| `src/'));
  const layers = foldersIn('src').map((layer) => ({ layer, folders: foldersIn(join('src', layer)) }));
  const unnamed = layers.flatMap(({ layer, folders }) => {
    const row = rooms.find((line) => line.includes(`\`src/${layer}/\``)) ?? '';
    return (row === '' ? [''] : folders.filter((folder) => !row.includes(`\`${folder}/\``))).map(
      (folder) => `src/${layer}/${folder}`,
    );
  });
  assert.deepEqual(unnamed, []);
});

function foldersIn(path: string): string[] {
  return readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

test('mentioned settings, codes and other names in capitals exist', () => {
  const source = sourceText();
  const name = /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+(?==|$)/;
  assert.deepEqual(
    mentions(name).filter((mention) => !new RegExp(`\\b${mention.name}\\b`).test(source)),
    [],
  );
});

test('mentioned npm scripts exist', () => {
  const unknown = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)]
      .map(([, script, shortcut]) => script ?? shortcut ?? '')
      .filter((script) => !(script in manifest.scripts))
      .map((script) => ({ path, script })),
  );
  assert.deepEqual(unknown, []);
});

test('every dependency has a documented reason', () => {
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  const installed = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
  const [listed = ''] = readDocument('docs/packages.md').prose.split('## Declined');
  const names = [...listed.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  assert.deepEqual(names.sort(), installed.sort());
});

test('the index of decisions lists all of them', () => {
  const decisions = documents.filter(({ path }) => /^docs\/decisions\/\d/.test(path));
  const index = linksOf(readDocument('docs/decisions/README.md')).map(({ target }) => target);
  assert.deepEqual(
    decisions.map(({ path }) => path).filter((path) => !index.includes(path)),
    [],
  );
  for (const { path, text } of decisions) {
    const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(sections, ['Context', 'Decision', 'Consequences'], path);
  }
});

test('README.md and ARCHITECTURE.md stay short', () => {
  const sizeOf = (path: string) => Buffer.byteLength(readDocument(path).text);
  const readme = sizeOf('README.md');
  assert.ok(readme >= 6000 && readme <= 8192, `README.md has ${readme} bytes`);
  const architecture = sizeOf('ARCHITECTURE.md');
  assert.ok(architecture <= 10_240, `ARCHITECTURE.md has ${architecture} bytes`);
});

test('figures match the latest benchmark', () => {
  const latest = readFileSync(join(ROOT, 'bench/results/latest.md'), 'utf8');
  const measured = new Map(
    [...latest.matchAll(/^\| (.+?) \| ≤.*?\| ([\d.]+ ×) \||^\| (.+?) \| ≥.*?\| ([\d.]+ ×) \|/gm)].map(
      ([, atMost, figure, atLeast, other]) => [atMost ?? atLeast, figure ?? other],
    ),
  );
  const quoted = [...readDocument('README.md').text.matchAll(/^\| (.+?) \| ([\d.]+ ×) \|$/gm)];
  assert.ok(quoted.length > 0);
  for (const [, what, figure] of quoted) assert.equal(figure, measured.get(what), what);

  const tables = latest.split('\n\n').filter((part) => part.startsWith('|'));
  const { text } = readDocument('docs/benchmarks.md');
  for (const table of tables) assert.ok(text.includes(table.trim()), 'docs/benchmarks.md has each table');
});

/** @returns where documents have a code span that matches, and what matched */
function mentions(pattern: RegExp): { path: string; name: string }[] {
  return documents.flatMap((document) =>
    codeSpansOf(document).flatMap((span) => {
      const name = pattern.exec(span)?.[0];
      return name ? [{ path: document.path, name }] : [];
    }),
  );
}

/** The source that declares settings, codes, enum values and locks. */
function sourceText(): string {
  const files = ['src', 'test/support'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, folder, name)),
  );
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}
