// The staged rows of an import, as the content of a partition.

import type { PartitionContent } from '../partitions/merge-partition.ts';
import { shareIssues } from '../partitions/share-issues.ts';
import { countRows, insertSupersededIssues, supersededRows } from '../superseded/superseded-issues.ts';
import { compareStaged, type PartitionMerge } from './compare-staged.ts';
import { mergeSlice } from './merge-slice.ts';

export function stagedPartition(merge: PartitionMerge): PartitionContent {
  const { importId, partition, firstLoad, winner, issueLimit } = merge;
  const superseded = supersededRows(merge, partition);
  let most: number | undefined;
  return {
    importId,
    partition,
    firstLoad,
    compare: async (tx, tables, state) => {
      const changes = await compareStaged(tx, tables, merge, state);
      if (issueLimit !== undefined) {
        most = await shareIssues(tx, { importId, partition }, await countRows(tx, superseded), issueLimit);
      }
      return changes;
    },
    write: (tx, slice) => mergeSlice(tx, slice, merge),
    complete: (tx) => insertSupersededIssues(tx, importId, superseded, { winner, most }),
  };
}
