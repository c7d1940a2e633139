// Reads a text field of a multipart request.

import type { Readable } from 'node:stream';
import { ChunkList } from '../../memory/chunk-list.ts';
import { badMultipart, quoted } from './upload-errors.ts';

export const MAX_FIELD_BYTES = 1024 * 1024;

/** @throws LoadstoneError BAD_MULTIPART if it is too large or not UTF-8 */
export async function readField(name: string, part: Readable): Promise<string> {
  using body = new ChunkList();
  for await (const chunk of part) {
    body.add(chunk);
    if (body.bytes > MAX_FIELD_BYTES) {
      throw badMultipart(
        `The part ${quoted(name)} is larger than ${MAX_FIELD_BYTES} bytes. Make it smaller.`,
      );
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body.takeBytes());
  } catch (cause) {
    throw badMultipart(`The part ${quoted(name)} is not UTF-8. Send its JSON text in UTF-8.`, { cause });
  }
}
