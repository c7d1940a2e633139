// Generated product files whose result is known: with repeated SKUs, invalid rows, and sometimes more columns, columns with
// other names, or gzip.

import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { ImportOptions, ProductField } from '../../../src/cli/client/loadstone-client.ts';
import { sampleChunks } from '../../../src/cli/sample/sample-rows.ts';
import { MAX_SKU_LENGTH } from '../../../src/db/catalogue/product-rules.ts';
import type { Random } from '../random.ts';

export interface ProductFile {
  name: string;
  /** As sent to the server. */
  bytes: Buffer;
  /** With which it is sent. */
  mapping: NonNullable<ImportOptions['mapping']>;
  keepColumns: boolean;
  /** The valid rows as plain CSV, if columns are kept with one for the attributes as JSON. */
  products: string;
  skus: ReadonlySet<string>;
  /** Rejected and superseded rows, by line. */
  issues: ExpectedIssue[];
  rejected: number;
}

interface ExpectedIssue {
  line: number;
  kind: 'REJECTED' | 'SUPERSEDED';
  code: string;
  winningLine: number | null;
  record: string;
}

interface Product {
  name: string;
  sku: string;
  description: string;
}

/** Percentages of the rows. */
const REPEATED = 3;
const REJECTED = 1;
const RENAMED = 20;
const DESCRIBED_ANEW = 30;
const COLOUR = 'Colour';
/** The second is blank in each row, so it is no attribute. */
const FURTHER_COLUMNS = [COLOUR, 'price in €'];

/** The names of the columns for name, SKU and description: recognized, guessed, or mapped. */
const NAMES: Record<keyof Product, string>[] = [
  { name: 'name', sku: 'SKU', description: 'Description' },
  { name: 'Title', sku: 'Variant SKU', description: 'Body (HTML)' },
  { name: 'Bezeichnung', sku: 'Nr.', description: 'Text' },
];
const MAPPED = NAMES[2];

export interface FileOptions {
  rows: number;
  /** Seed of the products: of two files with the same sample, the longer contains the SKUs of the shorter. */
  sample: number;
  /** 0 leaves the sample's products unchanged; others change some names and descriptions. */
  edition: number;
  /** Additional columns. Default: two in some files, chosen at random. */
  furtherColumns?: readonly string[] | undefined;
}

export function makeFile(random: Random, options: FileOptions): ProductFile {
  const { rows, sample, edition } = options;
  const products = edit(random, sampleProducts(rows, sample), edition);
  const further = options.furtherColumns ?? (random.chance(40) ? FURTHER_COLUMNS : []);
  const layout = new Layout(random, further);
  const keepColumns = further === FURTHER_COLUMNS && random.chance(50);
  const writer = new FileWriter(layout);
  for (const product of products) {
    if (random.chance(REJECTED)) writer.reject(random, product);
    writer.add(product);
  }
  const { bytes, issues, rejected } = writer.end();
  // With gzip level 0 the file counts as a larger one, and so is merged in several partitions.
  const packed = random.chance(50) ? gzipSync(bytes, { level: random.pick([0, 1]) }) : undefined;
  const plain = products.map(({ name, sku, description }) => {
    const attributes = keepColumns ? [JSON.stringify({ [COLOUR]: colourOf(name) })] : [];
    return plainRecord([name, sku, description, ...attributes]);
  });
  return {
    name: `edition-${edition}.csv${packed ? '.gz' : ''}`,
    bytes: packed ?? bytes,
    mapping: layout.mapping,
    keepColumns,
    products: [`name,sku,description${keepColumns ? ',attributes' : ''}`, ...plain].join('\n'),
    skus: new Set(products.map(({ sku }) => sku)),
    issues,
    rejected,
  };
}

function sampleProducts(rows: number, sample: number): Product[] {
  const file = Buffer.concat([...sampleChunks(rows, sample)].map(({ bytes }) => bytes));
  return parse(file, { columns: true });
}

function edit(random: Random, products: Product[], edition: number): Product[] {
  const edited: Product[] = [];
  for (const product of products) {
    const name = edition > 0 && random.chance(RENAMED) ? random.pick(products).name : product.name;
    const isNew = edition > 0 && random.chance(DESCRIBED_ANEW);
    const description = isNew ? `Edition ${edition}.\n${product.description}` : product.description;
    edited.push({ name, sku: product.sku, description });
    if (random.chance(REPEATED)) {
      edited.push({ name, sku: random.pick(edited).sku, description: `Again, "${edition}"` });
    }
  }
  return edited;
}

/** Column order, delimiter and line end. */
class Layout {
  readonly columns: string[];
  readonly delimiter: string;
  readonly lineEnd: string;
  readonly mapping: ProductFile['mapping'];
  readonly #fields: ReadonlyMap<string, keyof Product>;

  constructor(random: Random, further: readonly string[]) {
    const names = random.pick(NAMES);
    this.#fields = new Map(Object.entries(names).map(([field, name]) => [name, field as keyof Product]));
    const mapping = [...this.#fields].map(([column, field]) => ({
      column,
      field: field.toUpperCase() as ProductField,
    }));
    this.mapping = names === MAPPED ? mapping : [];
    this.columns = random.shuffled([...Object.values(names), ...further]);
    this.delimiter = random.pick([',', ',', ';', '\t']);
    this.lineEnd = random.pick(['\n', '\r\n']);
  }

  record(product: Product): string {
    return this.columns.map((column) => this.#quote(this.#value(product, column))).join(this.delimiter);
  }

  #value(product: Product, column: string): string {
    const field = this.#fields.get(column);
    if (field) return product[field];
    return column === COLOUR ? colourOf(product.name) : '';
  }

  #quote(value: string): string {
    const needsQuotes = value.includes(this.delimiter) || /["\r\n]/.test(value);
    return needsQuotes ? `"${value.replaceAll('"', '""')}"` : value;
  }
}

function colourOf(name: string): string {
  return `dark ${name.length}`;
}

function plainRecord(values: string[]): string {
  return values.map((value) => `"${value.replaceAll('"', '""')}"`).join(',');
}

/** Writes records and tracks the line on which each begins. */
class FileWriter {
  readonly #layout: Layout;
  readonly #chunks: Buffer[] = [];
  readonly #rejected: ExpectedIssue[] = [];
  readonly #bySku = new Map<string, { line: number; record: string }[]>();
  #line = 1;

  constructor(layout: Layout) {
    this.#layout = layout;
    const header = layout.columns.join(layout.delimiter);
    this.#write(header, Buffer.from(header));
  }

  add(product: Product): void {
    const record = this.#layout.record(product);
    const rows = this.#bySku.get(product.sku) ?? [];
    rows.push({ line: this.#line, record });
    this.#bySku.set(product.sku, rows);
    this.#write(record, Buffer.from(record));
  }

  reject(random: Random, product: Product): void {
    const { code, record, bytes } = breakRecord(random, product, this.#layout);
    this.#rejected.push({ line: this.#line, kind: 'REJECTED', code, winningLine: null, record });
    this.#write(record, bytes);
  }

  end(): { bytes: Buffer; issues: ExpectedIssue[]; rejected: number } {
    const superseded: ExpectedIssue[] = [];
    for (const rows of this.#bySku.values()) {
      const winningLine = rows.at(-1)?.line ?? 0;
      for (const { line, record } of rows.slice(0, -1)) {
        superseded.push({ line, kind: 'SUPERSEDED', code: 'SUPERSEDED', winningLine, record });
      }
    }
    const issues = [...this.#rejected, ...superseded].sort((a, b) => a.line - b.line);
    return { bytes: Buffer.concat(this.#chunks), issues, rejected: this.#rejected.length };
  }

  #write(record: string, bytes: Buffer): void {
    this.#chunks.push(bytes, Buffer.from(this.#layout.lineEnd));
    this.#line += 1 + (record.match(/\n/g)?.length ?? 0);
  }
}

interface Broken {
  code: string;
  /** As `issues` returns it. */
  record: string;
  bytes: Buffer;
}

function breakRecord(random: Random, product: Product, layout: Layout): Broken {
  const broken = (code: string, changes: Partial<Product>) => {
    const record = layout.record({ ...product, description: '', ...changes });
    return { code, record, bytes: Buffer.from(record) };
  };
  switch (random.below(5)) {
    case 0: {
      const record = `${layout.record({ ...product, description: '' })}${layout.delimiter}more`;
      return { code: 'WRONG_FIELD_COUNT', record, bytes: Buffer.from(record) };
    }
    case 1:
      return broken('BLANK_SKU', { sku: '' });
    case 2:
      return broken('BLANK_NAME', { name: '  ' });
    case 3:
      return broken('SKU_TOO_LONG', { sku: 'x'.repeat(MAX_SKU_LENGTH + 1) });
    default: {
      const { record } = broken('', { name: 'Zo\ufffd' });
      // Invalid UTF-8 is returned as the replacement character.
      const bytes = Buffer.concat(
        record.split('\ufffd').flatMap((part, at) => [at ? BAD : NONE, Buffer.from(part)]),
      );
      return { code: 'INVALID_UTF8', record, bytes };
    }
  }
}

const BAD = Buffer.from([0xff]);
const NONE = Buffer.alloc(0);
