// Builds Excel workbooks, valid or broken as a test needs them.

import { type ZipEntry, zipOf } from './zip.ts';

/** A value: text is shared, numbers are as given; `xml` is the whole content of a cell, with `type` and `style`. */
export type Cell = string | number | null | { xml: string; type?: string; style?: number };

export interface SheetForm {
  name: string;
  rows: Cell[][];
  state?: 'hidden' | 'veryHidden';
  /** Ranges such as A1:B2. */
  merged?: string[];
  /** In place of the rows. */
  xml?: string;
}

export interface WorkbookForm {
  sheets: SheetForm[];
  is1904?: boolean;
  /** Custom number formats: the styles from 1 on. Style 0 is General. */
  formats?: string[];
  /** In place of the shared strings. */
  sharedStrings?: Buffer;
  /** In place of, or besides, the parts of the workbook. */
  parts?: ZipEntry[];
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships';

export function workbookOf(form: WorkbookForm): Buffer {
  const { parts = [] } = form;
  const given = new Set(parts.map(({ name }) => String(name)));
  const own = [...contentsOf(form)].filter(([name]) => !given.has(name));
  return zipOf(...own.map(([name, content]) => ({ name, content })), ...parts);
}

/** @returns the content of each part that is not given */
export function contentsOf({
  sheets,
  is1904 = false,
  formats = [],
  sharedStrings,
}: WorkbookForm): Map<string, Buffer> {
  const strings: string[] = [];
  const files = new Map<string, string | Buffer>();
  files.set(
    '[Content_Types].xml',
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
  );
  files.set('_rels/.rels', relationships([['rId1', 'officeDocument', 'xl/workbook.xml']]));
  const listed = sheets.map(
    ({ name, state }, at) =>
      `<sheet name="${escapeXml(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"${state ? ` state="${state}"` : ''}/>`,
  );
  files.set(
    'xl/workbook.xml',
    `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><workbookPr date1904="${is1904 ? 1 : 0}"/><sheets>${listed.join('')}</sheets></workbook>`,
  );
  files.set(
    'xl/_rels/workbook.xml.rels',
    relationships([
      ...sheets.map((_, at): Relation => [`rId${at + 1}`, 'worksheet', `worksheets/sheet${at + 1}.xml`]),
      ['rIdStyles', 'styles', '/xl/styles.xml'],
      ['rIdStrings', 'sharedStrings', 'sharedStrings.xml'],
    ]),
  );
  const custom = formats.map(
    (code, at) => `<numFmt numFmtId="${164 + at}" formatCode="${escapeXml(code)}"/>`,
  );
  const styles = formats.map((_, at) => `<xf numFmtId="${164 + at}"/>`);
  files.set(
    'xl/styles.xml',
    `<styleSheet xmlns="${MAIN}"><numFmts>${custom.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${styles.join('')}</cellXfs></styleSheet>`,
  );
  for (const [at, { rows, merged = [], xml }] of sheets.entries()) {
    const data = xml ?? rows.map((cells, row) => rowXml(cells, row + 1, strings)).join('');
    const merges = merged.map((range) => `<mergeCell ref="${range}"/>`).join('');
    files.set(
      `xl/worksheets/sheet${at + 1}.xml`,
      `<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="${MAIN}"><sheetData>${data}</sheetData>${merges && `<mergeCells>${merges}</mergeCells>`}</worksheet>`,
    );
  }
  const items = strings.map((text) => `<si><t xml:space="preserve">${escapeXml(text)}</t></si>`);
  files.set('xl/sharedStrings.xml', sharedStrings ?? `<sst xmlns="${MAIN}">${items.join('')}</sst>`);
  return new Map([...files].map(([name, content]) => [name, Buffer.from(content)]));
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '_x000D_');
}

type Relation = [id: string, type: string, target: string];

function relationships(relations: Relation[]): string {
  const all = relations.map(
    ([id, type, target]) => `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="${PACKAGE}">${all.join('')}</Relationships>`;
}

/** Rows without cells are left out, as spreadsheets do. */
function rowXml(cells: Cell[], row: number, strings: string[]): string {
  if (cells.length === 0) return '';
  return `<row r="${row}">${cells.map((cell, column) => cellXml(cell, `${letter(column)}${row}`, strings)).join('')}</row>`;
}

function cellXml(cell: Cell, reference: string, strings: string[]): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${reference}"><v>${cell}</v></c>`;
  if (typeof cell === 'string') {
    strings.push(cell);
    return `<c r="${reference}" t="s"><v>${strings.length - 1}</v></c>`;
  }
  const { xml, type, style } = cell;
  return `<c r="${reference}"${type ? ` t="${type}"` : ''}${style ? ` s="${style}"` : ''}>${xml}</c>`;
}

function letter(column: number): string {
  return String.fromCharCode(65 + column);
}
