// Makes the planner join staged rows with products in one way, whatever statistics say: with those of an empty table, it would
// read all of it for each row.

import { WITHOUT_JIT } from '../postgres/connection/session-settings.ts';

/**
 * LOOKUP: one by one by their key, in key order; the cost does not depend on the size of the catalogue. HASH: all of the
 * catalogue is read, which takes less time if it is not much larger than the partition.
 */
export type JoinMethod = 'LOOKUP' | 'HASH';

const OTHERS: Record<JoinMethod, readonly string[]> = {
  LOOKUP: ['hashjoin', 'mergejoin', 'seqscan', 'material'],
  HASH: ['nestloop', 'mergejoin'],
};

/** @returns statements that allow only this method, until the end of the transaction or `allowAll` */
export function allowOnly(method: JoinMethod): string {
  return `${WITHOUT_JIT}; ${setOthers(method, 'off')}`;
}

export function allowAll(method: JoinMethod): string {
  return setOthers(method, 'on');
}

function setOthers(method: JoinMethod, value: 'on' | 'off'): string {
  return OTHERS[method].map((other) => `SET LOCAL enable_${other} = ${value}`).join('; ');
}
