// A data source, its row, its imports and the process that watches it, simulated without clock and database: the steps
// of all running tasks can be executed, failed and interrupted in any order.

import assert from 'node:assert/strict';
import type { CheckState, EndedImport, WatchedRow } from '../../../src/db/sources/source-watch-store.ts';
import type { ChangedContent } from '../../../src/sources/fetch/types.ts';
import { transition, unreadSource } from '../../../src/sources/watch/machine/source-machine.ts';
import type {
  Effect,
  Problem,
  SourceEvent,
  SourceState,
} from '../../../src/sources/watch/machine/source-state.ts';

type Task = Generator<void, void, void>;

const ID = 'a-source';
const INTERVAL_MS = 60_000;
const INTERRUPTED = { errorCode: 'UPLOAD_INTERRUPTED', errorMessage: 'interrupted' };

interface SimulatedImport {
  ended: EndedImport;
  version: number;
  isRunning: boolean;
  /** Whether all content has been received; until then the import fails if the receiving process dies. */
  isReceived: boolean;
}

export class WatchSimulation {
  readonly #isSensed: boolean;
  #now = 1_000_000;
  #row: WatchedRow;
  #imports = new Map<string, SimulatedImport>();
  /** The content of the source, what it considers unread, and the content of the catalogue. */
  #version = 1;
  #isUnread = true;
  #imported = 0;

  #state: SourceState = unreadSource(ID);
  #dueAt: number | undefined;
  #tasks: Task[] = [];
  /** Writes and reads that fail once. */
  #failures = 0;
  #isAborted = false;
  #isCrowded = false;
  #checks = 0;

  #events = 0;
  #askedAt = 0;
  #checkedAt = 0;

  /** @param isSensed whether reading the source clears its change */
  constructor(isSensed: boolean) {
    this.#isSensed = isSensed;
    this.#row = newRow(new Date(this.#now), isSensed);
    this.restart();
  }

  // Actions of clients and of the source

  command(type: 'check' | 'pause' | 'resume' | 'update' | 'remove'): void {
    if (this.#row.removedAt !== null) return;
    const now = new Date(this.#now);
    const asked = { nextCheckAt: now };
    const changes: Record<typeof type, Partial<WatchedRow>> = {
      check: asked,
      pause: { paused: true, nextCheckAt: null },
      resume: { paused: false, ...asked },
      update: {
        revision: this.#row.revision + 1,
        validators: null,
        mustFetch: true,
        nextCheckAt: this.#row.paused ? null : now,
      },
      remove: { removedAt: now, nextCheckAt: null },
    };
    this.#write({ ...changes[type], clientRevision: this.#row.clientRevision + 1 });
    this.#askedAt = this.#row.nextCheckAt === null ? 0 : ++this.#events;
    this.#begin(this.#notice());
  }

  change(): void {
    this.#version++;
    this.#isUnread = true;
  }

  // Events of the process

  /** Executes one step of one of the running tasks. */
  step(pick: number): void {
    const task = this.#tasks[pick % this.#tasks.length];
    if (!task) return;
    if (task.next().done) this.#tasks.splice(this.#tasks.indexOf(task), 1);
    this.#expectOneAtATime();
  }

  /** The next statements fail, though one of them may still take effect. */
  fail(): void {
    this.#failures = 2;
  }

  /** The next content is not received because there are too many concurrent uploads. */
  crowd(): void {
    this.#isCrowded = true;
  }

  /** Advances the time until the source is due. */
  wait(): void {
    if (this.#dueAt === undefined) return;
    this.#now = Math.max(this.#now, this.#dueAt) + 1;
    this.#dueAt = undefined;
    this.#dispatch({ type: 'due' });
  }

  /** Kills the process and starts another one from the state in the database. */
  restart(): void {
    this.#tasks = [];
    this.#checks = 0;
    this.#failures = 0;
    this.#isAborted = false;
    this.#dueAt = undefined;
    for (const each of this.#imports.values()) {
      if (each.isRunning && !each.isReceived) end(each, 'FAILED', INTERRUPTED);
      else if (each.isRunning) this.#begin(this.#work(each));
    }
    this.#state = unreadSource(ID);
    this.#dispatch({ type: 'rowRead', row: { ...this.#row } });
  }

  /** Runs all tasks to their end, for some intervals. */
  settle(): void {
    this.#failures = 0;
    const soon = this.#now + INTERVAL_MS / 2;
    for (this.#drain(); this.#dueAt !== undefined && this.#dueAt < soon; this.#drain()) this.wait();
    assert.ok(this.#checkedAt >= this.#askedAt, 'a check has begun soon after one was asked for');
    for (let rounds = 0; rounds < 10; rounds++) {
      this.wait();
      this.#drain();
    }
  }

  #drain(): void {
    for (let steps = 0; this.#tasks.length > 0; steps++) {
      assert.ok(steps < 1000, 'it comes to an end');
      this.step(steps);
    }
  }

  /** To be called once everything has settled. */
  expectNothingLost(): void {
    const row = this.#row;
    const running = [...this.#imports.values()].filter(({ isRunning }) => isRunning);
    assert.deepEqual(running, []);
    assert.equal(row.importId, null);
    if (row.removedAt !== null) {
      assert.notEqual(row.releasedAt, null, 'its claims are released');
      assert.equal(this.#state.phase.name, 'GONE');
      return;
    }
    assert.equal(this.#state.phase.name, 'IDLE');
    if (row.paused) {
      assert.equal(this.#dueAt, undefined);
      return;
    }
    assert.equal(this.#imported, this.#version, 'what it has is imported');
    assert.equal(row.mustFetch, false);
    assert.notEqual(this.#dueAt, undefined, 'it is scheduled');
    assert.deepEqual([row.activity, row.failures], [null, 0], 'and its row says so');
  }

  #expectOneAtATime(): void {
    const running = [...this.#imports.values()].filter(({ isRunning }) => isRunning);
    assert.ok(running.length <= 1, 'one import at a time');
    assert.ok(this.#checks <= 1, 'one check at a time');
  }

  // Effects

  #dispatch(event: SourceEvent): void {
    const [state, ...effects] = transition(this.#state, event, { now: this.#now, random: 0.5 });
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'schedule':
        this.#dueAt = effect.at;
        break;
      case 'unschedule':
        this.#dueAt = undefined;
        break;
      case 'abortCheck':
        this.#isAborted = true;
        break;
      case 'discard':
        break;
      default:
        this.#begin(this.#task(effect));
    }
  }

  #task(effect: Effect): Task {
    switch (effect.type) {
      case 'readRow':
        return this.#readRow();
      case 'queueCheck':
        return this.#queue();
      case 'startCheck':
        return this.#check(effect);
      case 'import':
        return this.#import(effect);
      case 'writeState':
        return this.#writeState(effect.state);
      case 'awaitImport':
        return this.#awaitImport(effect.importId);
      case 'cancelImport':
        return this.#cancel(effect.importId);
      case 'conclude':
        return this.#conclude(effect);
      case 'releaseClaims':
        return this.#release();
      default:
        return assert.fail(effect.type);
    }
  }

  #begin(task: Task): void {
    this.#tasks.push(task);
  }

  *#notice(): Task {
    yield;
    this.#dispatch({ type: 'rowChanged' });
  }

  *#readRow(): Task {
    while (this.#fails()) yield;
    const row = { ...this.#row };
    yield;
    this.#dispatch({ type: 'rowRead', row });
  }

  *#queue(): Task {
    this.#isAborted = false;
    yield;
    if (!this.#isAborted) this.#dispatch({ type: 'slotGranted' });
  }

  *#check({ target, revision }: Extract<Effect, { type: 'startCheck' }>): Task {
    this.#isAborted = false;
    this.#checks++;
    assert.ok(![...this.#imports.values()].some(({ isRunning }) => isRunning), 'no check during an import');
    this.#checkedAt = ++this.#events;
    yield;
    const known = target.mustFetch ? undefined : target.validators?.etag;
    const isSame = this.#isSensed ? known !== undefined && !this.#isUnread : known === String(this.#version);
    if (this.#ends()) return;
    if (isSame) {
      // The abort may come too late.
      yield;
      this.#checks--;
      return this.#dispatch({ type: 'unchanged', validators: undefined });
    }
    if (this.#isSensed && !target.mustFetch) {
      if (this.#failsCheck()) return;
      if (this.#row.revision === revision) this.#write({ mustFetch: true });
      this.#dispatch({ type: 'contentRequired' });
      yield;
    }
    if (this.#ends()) return;
    this.#isUnread = false;
    const content = { version: this.#version } as unknown as ChangedContent;
    yield;
    this.#dispatch({ type: 'contentArriving' });
    const before = this.#tasks.length;
    this.#dispatch({ type: 'changed', content, importId: `import ${++this.#events}` });
    // Another task, which the machine may or may not have started as well.
    if (!this.#tasks.slice(before).some((task) => this.#isImporting.has(task))) this.#checks--;
  }

  readonly #isImporting = new Set<Task>();

  #import(effect: Extract<Effect, { type: 'import' }>): Task {
    const task = this.#receive(effect);
    this.#isImporting.add(task);
    return task;
  }

  *#receive({ content, importId, row }: Extract<Effect, { type: 'import' }>): Task {
    const { version } = content as unknown as { version: number };
    if (this.#ends()) return;
    if (this.#isCrowded) {
      this.#isCrowded = false;
      this.#checks--;
      return this.#dispatch({ type: 'fetchPostponed', lacking: 'PLACE', isNew: true });
    }
    this.#dispatch({ type: 'fetchStarted' });
    yield;
    if (this.#ends()) return;
    const isLost = this.#fails();
    const { revision, mode, maxDeletedShare } = row;
    if (this.#row.revision === revision && this.#row.importId === null && this.#row.removedAt === null) {
      this.#write({ importId, mustFetch: true, activity: 'FETCHING' });
      const ended: EndedImport = {
        ...{ importId, sourceId: ID, revision, mode, maxDeletedShare, validators: null },
        ...{ status: null, errorCode: null, errorMessage: null },
      };
      this.#imports.set(importId, { ended, version, isRunning: false, isReceived: false });
      const claimed = { ...this.#row };
      yield;
      if (isLost) return this.#failCheck();
      this.#dispatch({ type: 'claimGranted', row: claimed });
    } else {
      this.#checks--;
      return this.#dispatch({ type: 'claimRefused' });
    }
    const begun = this.#imports.get(importId);
    assert.ok(begun);
    yield;
    begun.isRunning = true;
    yield;
    this.#checks--;
    if (this.#isAborted) {
      if (begun.isRunning) end(begun, 'FAILED', INTERRUPTED);
      return this.#dispatch({
        type: 'notReceived',
        problem: { ...INTERRUPTED, retryAfterMs: 0, isOurs: true },
      });
    }
    begun.isReceived = true;
    begun.ended.validators = { etag: String(version) };
    if (begun.isRunning) this.#begin(this.#work(begun));
    this.#dispatch({ type: 'received' });
  }

  *#work(each: SimulatedImport): Task {
    yield;
    if (!each.isRunning) return;
    this.#imported = each.version;
    end(each, 'COMPLETED', { errorCode: null, errorMessage: null });
  }

  *#awaitImport(importId: string): Task {
    for (;;) {
      yield;
      const found = this.#imports.get(importId);
      assert.ok(found);
      if (!found.isRunning) return this.#dispatch({ type: 'importEnded', ended: { ...found.ended } });
    }
  }

  *#cancel(importId: string): Task {
    yield;
    const found = this.#imports.get(importId);
    if (found?.isRunning) end(found, 'CANCELLED', { errorCode: null, errorMessage: null });
  }

  *#conclude({ importId, clientRevision, conclusion }: Extract<Effect, { type: 'conclude' }>): Task {
    const { outcome: _outcome, ...changes } = conclusion;
    for (;;) {
      yield;
      const isLost = this.#fails();
      const isStill = this.#row.importId === importId && this.#row.clientRevision === clientRevision;
      if (isStill) this.#write({ ...changes, importId: null, activity: null });
      const row = { ...this.#row };
      yield;
      // The response was lost: the retry is rejected.
      if (isLost) continue;
      return this.#dispatch(isStill ? { type: 'concluded', row } : { type: 'concludeRefused' });
    }
  }

  *#release(): Task {
    yield;
    while (this.#fails()) yield;
    this.#write({ releasedAt: new Date(this.#now) });
    yield;
    this.#dispatch({ type: 'claimsReleased' });
  }

  *#writeState({ id: _id, clientRevision, validators, ...found }: CheckState): Task {
    // A later state of the source replaces a pending one, and a conclusion discards it.
    if (this.#row.clientRevision !== clientRevision) {
      yield;
      return this.#dispatch({ type: 'writeRefused' });
    }
    this.#write({ ...found, ...(validators && { validators }) });
  }

  #write(changes: Partial<WatchedRow>): void {
    this.#row = { ...this.#row, ...changes, stateRevision: this.#row.stateRevision + 1 };
  }

  #fails(): boolean {
    return this.#failures > 0 && this.#failures-- > 0;
  }

  #ends(): boolean {
    if (!this.#isAborted) return false;
    this.#checks--;
    this.#dispatch({ type: 'checkAborted' });
    return true;
  }

  #failsCheck(): boolean {
    if (!this.#fails()) return false;
    this.#failCheck();
    return true;
  }

  #failCheck(): void {
    this.#checks--;
    const problem: Problem = { errorCode: 'INTERNAL', errorMessage: 'x', retryAfterMs: 0, isOurs: true };
    this.#dispatch({ type: 'checkFailed', problem });
  }
}

function end(
  each: SimulatedImport,
  status: EndedImport['status'],
  error: Pick<EndedImport, 'errorCode' | 'errorMessage'>,
): void {
  each.isRunning = false;
  each.ended = { ...each.ended, status, ...error };
}

function newRow(now: Date, isSensed: boolean): WatchedRow {
  return {
    id: ID,
    name: 'source',
    kind: isSensed ? 'SENSE_READ' : 'HTTP',
    url: 'https://shop.example/',
    intervalSeconds: INTERVAL_MS / 1000,
    mode: 'UPSERT',
    maxDeletedShare: 0.2,
    delimiter: null,
    encoding: null,
    quoting: 'STANDARD',
    skipInitialSpace: false,
    mapping: null,
    profile: null,
    onDuplicate: null,
    keepColumns: null,
    sheet: null,
    defaults: null,
    maxRejectedRows: null,
    paused: false,
    revision: 1,
    clientRevision: 0,
    stateRevision: 0,
    activity: null,
    importId: null,
    validators: null,
    refusedValidators: null,
    mustFetch: true,
    failures: 0,
    errorCode: null,
    errorMessage: null,
    lastCheckedAt: null,
    lastChangedAt: null,
    lastImportId: null,
    lastImportedAt: null,
    nextCheckAt: now,
    deletionImportId: null,
    deletionConfirmed: false,
    createdAt: now,
    updatedAt: now,
    removedAt: null,
    releasedAt: null,
    headers: {},
  };
}
