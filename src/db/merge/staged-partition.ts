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
    compare: (tx, tables, state) => compareStaged(tx, tables, merge, state),
    write: (tx, slice) => mergeSlice(tx, slice, merge),
    complete: (tx, { changes }) => {
      const superseded = `(SELECT * FROM ${changes} WHERE outcome = 'SUPERSEDED')`;
      return insertSupersededIssues(tx, importId, superseded, winner);
    },
  };
}
