// The staged rows of an import, as the content of a partition.

import { compareStaged, type PartitionMerge } from './compare-staged.ts';
import type { PartitionContent } from './merge-partition.ts';
import { mergeSlice } from './merge-slice.ts';
import { shareIssues } from './share-issues.ts';
import type { SliceTables } from './slice.ts';
import { countRows, insertSupersededIssues } from './superseded-issues.ts';

export function stagedPartition(merge: PartitionMerge): PartitionContent {
  const { importId, partition, firstLoad, winner, issueLimit } = merge;
  let most: number | undefined;
  return {
    importId,
    partition,
    firstLoad,
    compare: async (tx, tables, state) => {
      const changes = await compareStaged(tx, tables, merge, state);
      if (issueLimit !== undefined) {
        const superseded = await countRows(tx, supersededOf(tables));
        most = await shareIssues(tx, { importId, partition }, superseded, issueLimit);
      }
      return changes;
    },
    write: (tx, slice) => mergeSlice(tx, slice, merge),
    complete: (tx, tables) => insertSupersededIssues(tx, importId, supersededOf(tables), { winner, most }),
  };
}

function supersededOf({ changes }: SliceTables): string {
  return `(SELECT * FROM ${changes} WHERE outcome = 'SUPERSEDED')`;
}
