// Reads the list of persisted operations: a JSON object from the SHA-256 of each document to the document, as code generators
// write it.

import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { SettingsError } from '../../../errors.ts';
import { type OperationList, sha256 } from './persisted-operations.ts';

/** Some ten thousand operations. */
const MAX_BYTES = 32 * 1024 * 1024;

/** @throws SettingsError if the file cannot be read, or is no such list */
export async function readOperationList(path: string): Promise<OperationList> {
  const entries = Object.entries(parse(path, await readText(path)));
  if (entries.length === 0) throw wrong(path, 'has no operations. List those that clients may send');
  for (const [hash, document] of entries) {
    if (typeof document !== 'string')
      throw wrong(path, `must have a document, a text, for ${JSON.stringify(hash)}`);
    if (bare(hash) !== sha256(document))
      throw wrong(
        path,
        `names the document that begins with ${JSON.stringify(document.slice(0, 40))} by ${JSON.stringify(hash)}, which is not its SHA-256 in lower-case hexadecimal. Let your code generator hash with sha256`,
      );
  }
  return new Map(entries.map(([hash, document]) => [bare(hash), document as string]));
}

/** Some generators write the name of the algorithm before the hash. */
function bare(hash: string): string {
  return hash.replace(/^sha256:/, '');
}

async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw wrong(path, `has ${size} bytes; it may have ${MAX_BYTES}`);
    const content = await file.readFile();
    if (!isUtf8(content)) throw wrong(path, 'is not UTF-8. Save it as UTF-8');
    return content.toString().replace(/^\ufeff/, '');
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    throw wrong(path, `cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parse(path: string, text: string): object {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw wrong(path, `is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw wrong(path, 'must be a JSON object from the SHA-256 of each document to the document');
}

function wrong(path: string, what: string, options?: ErrorOptions): SettingsError {
  return new SettingsError(`PERSISTED_OPERATIONS: the file ${path} ${what}.`, options);
}
