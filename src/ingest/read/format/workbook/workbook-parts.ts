// The parts of a workbook that say what is in it: its sheets, where they are, and how their numbers are displayed.

import { kindOfFormat, type NumberKind } from './cell-text.ts';
import { readXml, XmlError } from './read-xml.ts';

/** Opens a part by its path in the archive; undefined if there is none. */
export type OpenPart = (path: string) => Promise<AsyncIterable<Buffer> | undefined>;

export interface Sheet {
  name: string;
  path: string;
  isHidden: boolean;
}

export interface Workbook {
  sheets: Sheet[];
  is1904: boolean;
  /** Of each cell style. */
  kinds: NumberKind[];
  sharedStringsPath: string | undefined;
}

interface Relationship {
  id: string;
  /** The last part of its type, such as worksheet. */
  type: string;
  path: string;
}

/** Far more than spreadsheets make. */
const MAX_ENTRIES = 100_000;

/** @throws XmlError */
export async function readWorkbookParts(open: OpenPart): Promise<Workbook> {
  const root = await readRelationships(open, '');
  const main = root.find(({ type }) => type === 'officeDocument')?.path ?? 'xl/workbook.xml';
  const relationships = await readRelationships(open, main);
  const pathOf = (type: string) => relationships.find((each) => each.type === type)?.path;
  const listed: { name: string; id: string; isHidden: boolean }[] = [];
  let is1904 = false;
  await readAll(await open(main), (name, attributes) => {
    if (name === 'sheet') {
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? '';
      const isHidden = (attributes['state'] ?? 'visible') !== 'visible';
      push(listed, { name: attributes['name'] ?? '', id, isHidden });
    } else if (name === 'workbookPr') is1904 = isTrue(attributes['date1904']);
  });
  const sheets = listed.flatMap(({ name, id, isHidden }) => {
    const found = relationships.find((each) => each.id === id && each.type === 'worksheet');
    return found ? [{ name, isHidden, path: found.path }] : [];
  });
  const kinds = await readKinds(await openIfAny(open, pathOf('styles')));
  return { sheets, is1904, kinds, sharedStringsPath: pathOf('sharedStrings') };
}

/** @param path of the part that they belong to; empty for the archive itself */
async function readRelationships(open: OpenPart, path: string): Promise<Relationship[]> {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const found: Relationship[] = [];
  const part = await open(`${folder}_rels/${path.slice(folder.length)}.rels`);
  await readAll(part, (name, { Id: id = '', Type: type = '', Target: target = '' }) => {
    if (name !== 'Relationship') return;
    push(found, { id, type: type.slice(type.lastIndexOf('/') + 1), path: resolve(folder, target) });
  });
  return found;
}

/** @param target relative to the folder, or with a slash to the archive */
function resolve(folder: string, target: string): string {
  try {
    return decodeURIComponent(new URL(target, `file:///${folder}`).pathname.slice(1));
  } catch {
    throw new XmlError(`there is no part ${target}`);
  }
}

/** @returns how each cell style displays numbers */
async function readKinds(part: AsyncIterable<Buffer> | undefined): Promise<NumberKind[]> {
  const codes = new Map<number, string>();
  const kinds: NumberKind[] = [];
  let isCellStyle = false;
  await readAll(
    part,
    (name, attributes) => {
      const id = Number(attributes['numFmtId'] ?? 0);
      if (name === 'numFmt') codes.set(id, attributes['formatCode'] ?? '');
      else if (name === 'cellXfs') isCellStyle = true;
      else if (name === 'xf' && isCellStyle) push(kinds, kindOfFormat(id, codes.get(id)));
    },
    (name) => {
      if (name === 'cellXfs') isCellStyle = false;
    },
  );
  return kinds;
}

async function readAll(
  part: AsyncIterable<Buffer> | undefined,
  open: (name: string, attributes: Record<string, string>) => void,
  close?: (name: string) => void,
): Promise<void> {
  if (!part) return;
  for await (const _ of readXml(part, { open, ...(close && { close }) }));
}

async function openIfAny(open: OpenPart, path: string | undefined) {
  return path === undefined ? undefined : open(path);
}

function push<Entry>(entries: Entry[], entry: Entry): void {
  if (entries.length === MAX_ENTRIES) throw new XmlError(`it has more than ${MAX_ENTRIES} entries`);
  entries.push(entry);
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}
