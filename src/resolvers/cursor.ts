// Cursors: the key of a row in a certain order, opaque to the client.

import { z } from 'zod';
import { isStorable } from '../db/postgres/sql/storable-text.ts';
import { badInput } from './bad-input.ts';

export interface Cursors<Key> {
  encode(key: Key): string;
  /** @throws LoadstoneError BAD_USER_INPUT for an invalid cursor, or a cursor of another order */
  decode(argument: string, cursor: string): Key;
}

/** Text that a key may contain. */
export const keyText = z.string().refine(isStorable);

/** @param ordering identifies the cursors of this order */
export function cursorsOf<Key>(ordering: string, key: z.ZodType<Key>): Cursors<Key> {
  const content = z.tuple([z.literal(ordering), key]);
  return {
    encode: (value) => Buffer.from(JSON.stringify([ordering, value])).toString('base64url'),
    decode(argument, cursor) {
      const read = content.safeParse(parse(cursor));
      if (read.success) return read.data[1] as Key;
      throw badInput(
        `\`${argument}\` is not a cursor of this list. Use a cursor from a page with the same order.`,
        argument,
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
