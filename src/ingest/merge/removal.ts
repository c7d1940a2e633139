// The part of a REPLACE import that no upload has: what its data source no longer has is removed.

import type { Staging } from '../../db/imports/staging.ts';
import { MERGE_SETUP } from '../../db/merge/merge-partition.ts';
import type { MergeTurn } from '../../db/merge/merge-turn.ts';
import {
  DeletionRefusedError,
  planRemoval,
  type Replacement,
  removeGone,
  replacementOf,
} from '../../db/merge/source-replace.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import { Session } from '../../db/postgres/connection/session.ts';
import { LoadstoneError } from '../../errors.ts';

/** What an import removes, found and allowed before anything of it is merged. */
class Removal {
  /** How many products it deletes, those of earlier tries included. */
  readonly planned: number;
  readonly #session: Session;
  readonly #turn: MergeTurn;
  readonly #replacement: Replacement;

  constructor(session: Session, turn: MergeTurn, replacement: Replacement, planned: number) {
    this.#session = session;
    this.#turn = turn;
    this.#replacement = replacement;
    this.planned = planned;
  }

  /**
   * @param onDeleted told how many products are deleted so far
   * @param signal undoes the batch at work
   * @param drain lets the batch at work be done, and begins no other
   */
  async remove(
    onDeleted: (products: number) => void,
    signal: AbortSignal,
    drain: AbortSignal,
  ): Promise<void> {
    onDeleted(this.#replacement.deleted);
    if (this.#replacement.isDone) return;
    const onBatch = (deleted: number) => {
      onDeleted(deleted);
      drain.throwIfAborted();
    };
    drain.throwIfAborted();
    await this.#session.run(signal, (sql) => removeGone(sql, this.#turn, this.#replacement, onBatch));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }
}

/**
 * In the merge turn, before the first partition.
 *
 * @returns undefined when the import removes nothing, whatever its source has
 * @throws LoadstoneError DELETION_NOT_CONFIRMED when too much would go
 */
export async function openRemoval(
  database: Database,
  turn: MergeTurn,
  staging: Staging,
  signal: AbortSignal,
): Promise<Removal | undefined> {
  const replacement = await replacementOf(database.sql, staging.importId);
  if (!replacement) return undefined;
  const session = await Session.open(database, 'merge', MERGE_SETUP);
  try {
    const planned = await session.run(signal, (sql) => planRemoval(sql, turn, staging, replacement));
    return new Removal(session, turn, replacement, planned);
  } catch (error) {
    await session.close();
    throw error instanceof DeletionRefusedError ? refused(error, replacement) : error;
  }
}

function refused({ products, of }: DeletionRefusedError, { maxDeletedShare }: Replacement): LoadstoneError {
  const share = `${Math.round(maxDeletedShare * 1000) / 10}%`;
  return new LoadstoneError(
    'DELETION_NOT_CONFIRMED',
    `The source no longer has ${products} of the ${of} products that it brought, more than the ${share} that may go ` +
      'at once. Nothing was imported. If they are to go, confirm it with confirmDataSourceDeletion; if not, correct ' +
      'the data at the source.',
  );
}
