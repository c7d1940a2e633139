// Deletes the products that a data source in mode REPLACE no longer has.

import type { Staging } from '../../db/imports/staging.ts';
import {
  DeletionRefusedError,
  planRemoval,
  type RemovalTables,
  type Replacement,
  removeGone,
  replacementOf,
} from '../../db/merge/claims/source-replace.ts';
import { createWorkTables, openMergeSession } from '../../db/merge/turn/merge-session.ts';
import type { MergeTurn } from '../../db/merge/turn/merge-turn.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import type { Session } from '../../db/postgres/connection/session.ts';
import { LoadstoneError } from '../../errors.ts';

/** The deletions of an import, determined and permitted before anything is merged. */
class Removal {
  /** How many products it deletes, including those of earlier attempts. */
  readonly planned: number;
  readonly #session: Session;
  readonly #tables: RemovalTables;
  readonly #turn: MergeTurn;
  readonly #replacement: Replacement;

  constructor(
    session: Session,
    tables: RemovalTables,
    turn: MergeTurn,
    replacement: Replacement,
    planned: number,
  ) {
    this.#session = session;
    this.#tables = tables;
    this.#turn = turn;
    this.#replacement = replacement;
    this.planned = planned;
  }

  /**
   * @param onDeleted called with the number of products deleted so far
   * @param signal rolls back the batch in progress
   * @param drain finishes the batch in progress and starts no other
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
    await this.#session.run(signal, (sql) =>
      removeGone(sql, this.#tables, this.#turn, this.#replacement, onBatch),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }
}

/**
 * Determines the deletions, in the merge turn and before the first partition.
 *
 * @returns undefined if the source is not in mode REPLACE
 * @throws LoadstoneError DELETION_NOT_CONFIRMED if the deletion guard does not permit so many
 */
export async function openRemoval(
  database: Database,
  turn: MergeTurn,
  staging: Staging,
  signal: AbortSignal,
): Promise<Removal | undefined> {
  const replacement = await replacementOf(database.sql, staging.importId);
  if (!replacement) return undefined;
  const session = await openMergeSession(database);
  try {
    const tables = await createWorkTables(session, staging.importId, ['gone', 'moves', 'sums']);
    const planned = await session.run(signal, (sql) => planRemoval(sql, tables, turn, staging, replacement));
    return new Removal(session, tables, turn, replacement, planned);
  } catch (error) {
    await session.close();
    throw error instanceof DeletionRefusedError ? refused(error, replacement) : error;
  }
}

function refused({ products, of }: DeletionRefusedError, { maxDeletedShare }: Replacement): LoadstoneError {
  const share = `${Math.round(maxDeletedShare * 1000) / 10}%`;
  return new LoadstoneError(
    'DELETION_NOT_CONFIRMED',
    `The source no longer has ${products} of the ${of} products that it had, more than the ${share} that may be ` +
      'deleted at once. Nothing was imported. To delete them, call confirmDataSourceDeletion; otherwise correct ' +
      'the data at the source.',
  );
}
