// What the API derives from an import's record: percent, time left, ledger, error and download.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ImportRecord } from '../../../src/db/imports/import-record.ts';
import type { Context } from '../../../src/resolvers/context.ts';
import {
  importError,
  importEtaSeconds,
  importPercent,
  issuesUrl,
} from '../../../src/resolvers/imports/import-fields.ts';

const START = new Date('2026-01-01T00:00:00Z');

const RECEIVING: ImportRecord = {
  id: '0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10',
  number: 1,
  fileName: 'products.csv',
  status: 'RECEIVING',
  delimiter: null,
  encoding: null,
  quoting: 'STANDARD',
  skipInitialSpace: false,
  warnings: [],
  maxRejectedRows: 100,
  columns: null,
  ignoredColumns: null,
  givenMapping: null,
  profile: null,
  onDuplicate: 'LAST_WINS',
  keepColumns: false,
  keptColumns: null,
  sheet: null,
  mapping: null,
  defaults: null,
  bytesReceived: 0,
  bytesTotal: null,
  bytesProcessed: 0,
  sha256: null,
  mergedShare: 0,
  rowsRead: 0,
  rowsInserted: 0,
  rowsUpdated: 0,
  rowsUnchanged: 0,
  rowsSuperseded: 0,
  rowsRejected: 0,
  rowsDeleted: 0,
  rowsKept: 0,
  createdBy: null,
  undoes: null,
  corrects: null,
  sourceId: null,
  sourceName: null,
  rowsPerSecond: null,
  errorCode: null,
  errorMessage: null,
  owner: '0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d11',
  attempt: 1,
  waitingFor: null,
  revision: 3,
  retryUntil: null,
  traceParent: null,
  countedRows: null,
  preview: false,
  expiresAt: null,
  committedAt: null,
  cancelRequestedAt: null,
  createdAt: START,
  startedAt: START,
  finishedAt: null,
  updatedAt: START,
};

const state = (changes: Partial<ImportRecord>): ImportRecord => ({ ...RECEIVING, ...changes });

test('reading takes the import to 60 percent, merging to nearly 100, completion to 100', () => {
  assert.equal(importPercent(state({})), 0);
  assert.equal(importPercent(state({ bytesTotal: 1000, bytesReceived: 600, bytesProcessed: 500 })), 30);
  const here = { bytesTotal: 900, bytesReceived: 900, sha256: 'ab' };
  assert.equal(importPercent(state({ ...here, status: 'LOADING', bytesProcessed: 450 })), 30);
  assert.equal(importPercent(state({ ...here, status: 'MERGING', bytesProcessed: 900 })), 60);
  const merging = state({ ...here, status: 'MERGING', bytesProcessed: 900, mergedShare: 0.5 });
  assert.equal(importPercent(merging), 80);
  assert.equal(importPercent({ ...merging, status: 'CANCELLED' }), 80);
  assert.ok(importPercent({ ...merging, mergedShare: 1 }) < 100);
  assert.equal(importPercent({ ...merging, status: 'COMPLETED' }), 100);
});

test('an upload of unknown size is at 0 until all of it is here', () => {
  const receiving = { bytesReceived: 600, bytesProcessed: 600 };
  assert.equal(importPercent(state(receiving)), 0);
  assert.equal(importPercent(state({ ...receiving, status: 'LOADING', sha256: 'ab' })), 60);
  assert.equal(importPercent(state({ status: 'FAILED', bytesTotal: 0, sha256: 'ab' })), 0);
});

test('the percent never falls, however reception, reading and merging move', () => {
  const steps = fc.array(fc.constantFrom('receive', 'read', 'merge'), { maxLength: 60 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      fc.nat(300),
      (moves, size, told, overhead) => {
        let record = state({ bytesTotal: told ? size + overhead : null });
        let before = 0;
        for (const move of moves) {
          record = next(record, move, size);
          const percent = importPercent(record);
          assert.ok(percent >= before && percent < 100, `${before} → ${percent}`);
          before = percent;
        }
        assert.ok(importPercent({ ...record, status: 'FAILED', finishedAt: START }) >= before);
        assert.equal(importPercent({ ...record, status: 'COMPLETED' }), 100);
      },
    ),
  );
});

test('the estimated time is based on the average speed', () => {
  const later = new Date(START.getTime() + 30_000);
  const running = state({ bytesTotal: 1000, bytesReceived: 1000, bytesProcessed: 500, updatedAt: later });
  assert.equal(importEtaSeconds(running), 70);
  assert.equal(importEtaSeconds(state({})), null);
  assert.equal(importEtaSeconds({ ...running, startedAt: null }), null);
  assert.equal(importEtaSeconds({ ...running, status: 'FAILED', finishedAt: later }), null);
  assert.equal(importEtaSeconds({ ...running, status: 'READY' }), null);
  // Not by the time for which it waited to be committed.
  const committed = { ...running, status: 'MERGING' as const, committedAt: new Date(later.getTime() - 3000) };
  assert.equal(importEtaSeconds({ ...committed, mergedShare: 0.5 }), 3);
  assert.equal(importEtaSeconds(committed), null);
});

test('only a failed import has an error, only one with issues a download', () => {
  assert.equal(importError(state({})), null);
  const failed = state({ errorCode: 'EMPTY_FILE', errorMessage: 'The file is empty.' });
  assert.deepEqual(importError(failed), { code: 'EMPTY_FILE', message: 'The file is empty.' });

  const context = { baseUrl: 'http://127.0.0.1:4000' } as Context;
  assert.equal(issuesUrl(state({}), context), null);
  const url = `http://127.0.0.1:4000/imports/${RECEIVING.id}/issues.csv`;
  assert.equal(issuesUrl(state({ rowsRejected: 1 }), context), url);
  assert.equal(issuesUrl(state({ rowsSuperseded: 1 }), context), url);
});

/** One move of an import of a file of `size` bytes, where that move is possible. */
function next(record: ImportRecord, move: string, size: number): ImportRecord {
  const { bytesReceived, bytesProcessed, mergedShare, sha256 } = record;
  if (move === 'receive' && sha256 === null) {
    if (bytesReceived < size) return { ...record, bytesReceived: bytesReceived + 1 };
    return { ...record, status: 'LOADING', sha256: 'ab', bytesTotal: size };
  }
  if (move === 'read' && bytesProcessed < bytesReceived) {
    return { ...record, bytesProcessed: bytesProcessed + 1 };
  }
  if (move === 'merge' && sha256 !== null && bytesProcessed === size) {
    return { ...record, status: 'MERGING', mergedShare: Math.min(mergedShare + 0.25, 1) };
  }
  return record;
}

test('an error code of another version is shown as INTERNAL, with its message', () => {
  const failed = state({ status: 'FAILED', errorCode: 'FROM_A_LATER_VERSION', errorMessage: 'Try again.' });
  assert.deepEqual(importError(failed), { code: 'INTERNAL', message: 'Try again.' });
});
