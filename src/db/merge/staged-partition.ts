// The staged rows of an import, as the content of a partition.

import { compareStaged, type PartitionMerge } from './compare-staged.ts';
import type { PartitionContent } from './merge-partition.ts';
import { mergeSlice } from './merge-slice.ts';
import { insertSupersededIssues } from './superseded-issues.ts';

export function stagedPartition(merge: PartitionMerge): PartitionContent {
  const { importId, partition, firstLoad, winner } = merge;
  return {
    importId,
    partition,
    firstLoad,
    compare: (tx, state) => compareStaged(tx, merge, state),
    write: (tx, slice) => mergeSlice(tx, slice, merge),
    complete: (tx) => insertSupersededIssues(tx, importId, SUPERSEDED, winner),
  };
}

const SUPERSEDED = `(SELECT * FROM merge_changes WHERE outcome = 'SUPERSEDED')`;
