// SQL text with its values written out, for statements that take no parameters, such as COPY.

import type postgres from 'postgres';
import { quoteLiteral } from './quote-literal.ts';

class SqlText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function tag(strings: TemplateStringsArray, ...values: unknown[]): SqlText {
  const [first = '', ...rest] = strings;
  return new SqlText(rest.reduce((text, part, index) => text + textOf(values[index]) + part, first));
}

/** Stands in for `sql` where fragments are made. Its results are for `literalText`, not for queries. */
export const literalSql = Object.assign(tag, {
  unsafe: (text: string) => new SqlText(text),
}) as unknown as postgres.TransactionSql;

/** @param fragment made with `literalSql` */
export function literalText(fragment: postgres.Fragment): string {
  return textOf(fragment);
}

function textOf(value: unknown): string {
  if (value instanceof SqlText) return value.text;
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteLiteral(value);
  if (typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  if (value instanceof Date) return quoteLiteral(value.toISOString());
  if (Array.isArray(value)) return `ARRAY[${value.map(textOf).join(', ')}]`;
  throw new TypeError(`${typeof value} cannot be written as SQL`);
}
