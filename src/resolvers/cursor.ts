// Cursors: the key of a row in one ordering, opaque to the client.

import { z } from 'zod';
import { isStorable } from '../db/postgres/storable-text.ts';
import { badInput } from './bad-input.ts';

export interface Cursors<Key> {
  encode(key: Key): string;
  /** @throws LoadstoneError BAD_USER_INPUT for what is no cursor, or one of another ordering */
  decode(argument: string, cursor: string): Key;
}

/** Text as a key may hold it. */
export const keyText = z.string().refine(isStorable);

/** @param ordering tells the cursors of this ordering from all others */
export function cursorsOf<Key>(ordering: string, key: z.ZodType<Key>): Cursors<Key> {
  const content = z.tuple([z.literal(ordering), key]);
  return {
    encode: (value) => Buffer.from(JSON.stringify([ordering, value])).toString('base64url'),
    decode(argument, cursor) {
      const read = content.safeParse(parse(cursor));
      if (read.success) return read.data[1] as Key;
      throw badInput(
        `\`${argument}\` is not a cursor of this list: take \`cursor\` or \`pageInfo\` of a page in the same order.`,
      );
    },
  };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
