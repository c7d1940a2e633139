// What the stages of an import work with.

import type { Logger } from 'pino';
import type { ImportStore } from '../../db/imports/import-store.ts';
import type { RowIssueStore } from '../../db/imports/row-issue-store.ts';
import type { Database } from '../../db/postgres/connection/database.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { LaneLimits } from '../lane/lane-task.ts';
import type { WarmLanes } from '../lane/warm-lanes.ts';
import type { UnpackLimits } from '../read/format/bound-unpacked.ts';
import type { Spool } from '../spool/spool.ts';
import type { ImportSlot } from './import-slot.ts';
import type { IssueLimits } from './issue-limits.ts';

export interface StagingLimits {
  /** Rows that all imports together may stage. 0: no limit. */
  maxStagedRows: number;
}

export interface ImportWork {
  database: Database;
  /** The process that works on it. */
  owner: string;
  importStore: ImportStore;
  rowIssues: RowIssueStore;
  spool: Spool;
  lanes: WarmLanes;
  limits: LaneLimits & UnpackLimits & IssueLimits & StagingLimits;
  /** How long a previewed import can be committed. */
  previewHours: number;
  log: Logger;
  telemetry: Telemetry;
}

export interface ImportControl {
  /** Stops the work at once. */
  signal: AbortSignal;
  /** Stops it after the partitions that are being merged. */
  drain: AbortSignal;
  /** Held while rows are loaded or merged. */
  slot: ImportSlot;
}
