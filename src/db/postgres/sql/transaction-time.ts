// The time of a transaction in its statements. Each node of a cluster has a time of its own.

import type postgres from 'postgres';
import { quoteLiteral } from './quote-literal.ts';

/** @returns a literal: the same on all nodes */
export async function transactionTime(tx: postgres.TransactionSql): Promise<string> {
  const [moment] = await tx<[{ now: string }]>`SELECT now()::text AS now`;
  return `timestamptz ${quoteLiteral(moment.now)}`;
}
