// A source as the watcher has it in memory: what is to be fetched, and what was found out.

import type { CheckState, WatchedRecord } from '../../db/sources/source-watch-store.ts';
import type { FetchTarget } from '../fetch/types.ts';

export class WatchedSource {
  record: WatchedRecord;
  state: CheckState;
  /** Ends the check or fetch that is under way; undefined when none is. */
  controller: AbortController | undefined;
  /** A client asked for a check while one was under way, or while its content was imported. */
  again = false;
  /** When the last check began. */
  checkedAt = 0;
  /** When the newest check was asked for that has begun, or is due: an order may arrive after the row that it is about. */
  askedAt: number;

  constructor(record: WatchedRecord, askedAt = record.updatedAt.getTime()) {
    this.record = record;
    this.state = stateOf(record);
    this.askedAt = askedAt;
  }

  get id(): string {
    return this.record.id;
  }

  get host(): string {
    return new URL(this.record.url).host;
  }

  get isBusy(): boolean {
    return this.controller !== undefined || this.record.importId !== null;
  }

  /**
   * Takes over what a client changed. What was found out since stays, unless it belongs to something that is no longer
   * to be fetched.
   */
  change(record: WatchedRecord): void {
    const isOther = record.revision !== this.record.revision;
    this.record = record;
    if (isOther) this.state = stateOf(record);
  }

  target(): FetchTarget {
    const { kind, url, headers, mustFetch, validators, refusedValidators } = this.record;
    return { kind, url, headers, mustFetch, validators: refusedValidators ?? validators ?? undefined };
  }
}

function stateOf(record: WatchedRecord): CheckState {
  const { id, revision, activity, failures, errorCode, errorMessage, lastCheckedAt, nextCheckAt } = record;
  const found = { failures, errorCode, errorMessage, lastCheckedAt, nextCheckAt };
  return { id, revision, activity, ...found, validators: null };
}
