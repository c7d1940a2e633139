// Reads the Markdown documents: blocks, code spans, links, anchors.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Block {
  language: string;
  text: string;
  /** The line number of its first line. */
  line: number;
}

export interface Document {
  /** Relative to the root of the project, with slashes. */
  path: string;
  text: string;
  blocks: Block[];
  /** The text without fenced blocks. */
  prose: string;
}

export function readDocuments(): Document[] {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join('docs', name.replaceAll('\\', '/')))
    .sort();
  return ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs].map(readDocument);
}

export function readDocument(path: string): Document {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks: Block[] = [];
  const prose = text.replace(/^```(\w*)\n(.*?)^```$/gms, (_match, language, content, offset: number) => {
    blocks.push({ language, text: content, line: text.slice(0, offset).split('\n').length + 1 });
    return '';
  });
  return { path, text, blocks, prose };
}

/** @returns the anchors of the headings, as GitHub generates them */
export function anchorsOf({ prose }: Document): Set<string> {
  const headings = [...prose.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(headings.map(anchorOf));
}

function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** @returns the content of `code spans` outside fenced blocks */
export function codeSpansOf({ prose }: Document): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** @returns relative links and images, as paths from the root of the project */
export function linksOf({ path, prose }: Document): { target: string; anchor: string | undefined }[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
      return { target, anchor };
    });
}
