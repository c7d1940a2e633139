// Keys of the advisory locks that server processes on one database share.

/** Held by the one import that is merging: the others wait for their turn. */
export const MERGE_TURN_LOCK = 5_006_781_001;

/**
 * Held by each transaction that merges a partition, shared, and taken once by whoever gets the turn, exclusively: so
 * that nothing of a former holder whose turn was cut short is still merging.
 */
export const MERGING_LOCK = 5_006_781_003;

/**
 * Guards product_name_counts, always until the end of a transaction. A merge takes it exclusively while it writes
 * counts, because two bulk writers would wait for each other row by row; a single update takes it shared, and
 * updates then lock their one or two counts in ascending byte order of name. Both take it after their product
 * rows: with one order everywhere nobody waits in a circle.
 */
export const COUNTS_LOCK = 5_006_781_002;

/** With a hash of its id as the second key: held by a server process for as long as it lives. */
export const PROCESS_LOCK = 500_678;

/** Held by the one server process that watches the data sources. */
export const SOURCE_WATCH_LOCK = 5_006_781_010;
