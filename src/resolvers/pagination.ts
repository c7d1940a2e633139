// Pages according to the Relay cursor specification: converts arguments to windows of rows, and rows to edges.

import type { Page, Window } from '../db/postgres/sql/keyset.ts';
import { badInput } from './bad-input.ts';
import type { Cursors } from './cursor.ts';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 500;

export interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

interface Edge<Node> {
  node: Node;
  cursor: string;
}

interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

export interface Connection<Node> {
  edges: Edge<Node>[];
  pageInfo: PageInfo;
}

/** A connection that can count the whole list, at some cost. */
export interface CountedConnection<Node> extends Connection<Node> {
  totalCount(): Promise<number>;
}

/** @throws LoadstoneError BAD_USER_INPUT for a size out of range, `first` together with `last`, or an invalid cursor */
export function windowOf<Key>(args: PageArgs, cursors: Cursors<Key>): Window<Key> {
  const { first, last, after, before } = args;
  if (isGiven(first) && isGiven(last)) {
    throw badInput('`first` and `last` are mutually exclusive. Pass one of them.', 'last', 'NOT_ALLOWED');
  }
  return {
    limit: isGiven(last) ? checkSize('last', last) : checkSize('first', first ?? DEFAULT_PAGE_SIZE),
    backwards: isGiven(last),
    after: isGiven(after) ? cursors.decode('after', after) : undefined,
    before: isGiven(before) ? cursors.decode('before', before) : undefined,
  };
}

/**
 * For lists whose rows are never deleted: the row that a cursor was taken from still exists next to the page.
 *
 * @param found the rows of the window and one more, if there is one; in reverse order if the window is backwards
 */
export function pageOf<Row>(found: Row[], { limit, backwards, after, before }: Window<unknown>): Page<Row> {
  const rows = found.slice(0, limit);
  const goesOn = found.length > limit;
  return {
    rows: backwards ? rows.reverse() : rows,
    hasPreviousPage: after !== undefined || (goesOn && backwards === true),
    hasNextPage: before !== undefined || (goesOn && !backwards),
  };
}

export function connectionOf<Node>(page: Page<Node>, cursorOf: (node: Node) => string): Connection<Node> {
  const edges = page.rows.map((node) => ({ node, cursor: cursorOf(node) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function checkSize(argument: string, size: number): number {
  if (size >= 0 && size <= MAX_PAGE_SIZE) return size;
  throw badInput(
    `\`${argument}\` must be from 0 to ${MAX_PAGE_SIZE}, not ${size}.`,
    argument,
    'OUT_OF_RANGE',
  );
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
