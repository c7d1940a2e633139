// Prints the expected result of importing a file into an empty catalogue, as JSON. Run by expected.ts.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import type { Expected } from './expected.ts';

const [file = ''] = process.argv.slice(2);

const catalogue = new Map<string, { name: string; hash: number }>();
let read = 0;
const records = createReadStream(file).pipe(parse({ from_line: 2 })) as AsyncIterable<
  [string, string, string]
>;
for await (const [name, sku, description] of records) {
  read++;
  const md5 = createHash('md5').update(`${sku}\n${name}\n${description}`).digest('hex');
  catalogue.set(sku, { name, hash: Number.parseInt(md5.slice(0, 13), 16) });
}

const names = new Set<string>();
let checksum = 0n;
for (const { name, hash } of catalogue.values()) {
  names.add(name);
  checksum += BigInt(hash);
}
const expected: Expected = {
  read,
  products: catalogue.size,
  names: names.size,
  checksum: checksum.toString(),
};
console.log(JSON.stringify(expected));
