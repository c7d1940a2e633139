// Keys of the advisory locks that all server processes on a database share. They must never change: a running server of
// another version may hold them.

/** Session lock of the import that is merging. Other imports wait for it. */
export const MERGE_TURN_LOCK = 5_006_781_001;

/**
 * Held in shared mode by each transaction that merges a partition. An import that gets the merge turn takes it once in
 * exclusive mode, which waits for transactions of a previous holder that lost the turn with its connection.
 */
export const MERGING_LOCK = 5_006_781_003;

/**
 * Guards product_name_counts, always until the end of the transaction. A merge takes it in exclusive mode to write counts,
 * because two bulk writers would block each other row by row. An update of one product takes it in shared mode, then
 * locks its one or two counts in ascending byte order of name. Both take it after their product rows, so there are no
 * deadlocks.
 */
export const COUNTS_LOCK = 5_006_781_002;

/**
 * Held until the end of its transaction by a partition that takes its share of the issues that its import may keep. It needs no
 * key for the import: one merges at a time.
 */
export const ISSUES_LOCK = 5_006_781_004;

/** Session lock of each server process, with a hash of its id as the second key. */
export const PROCESS_LOCK = 500_678;

/** Session lock of the server process that watches the data sources. */
export const SOURCE_WATCH_LOCK = 5_006_781_010;

/** Lock of the transaction that removes old and deleted imports: one process at a time does. */
export const RETENTION_LOCK = 5_006_781_011;

/** Lock of the transaction that removes old changes of products: one process at a time does. */
export const HISTORY_LOCK = 5_006_781_012;

/** Lock of the transaction that removes old counts of what clients ask: one process at a time does. */
export const RATE_COUNTS_LOCK = 5_006_781_020;

/** Session lock held while migrating. */
export const MIGRATION_LOCK = 7_160_318_204;
