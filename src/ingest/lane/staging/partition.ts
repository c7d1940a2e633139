// Assigns SKUs to partitions of the merge.

/**
 * Two lanes that merge in parallel should be out of step, so that one writes products while the other writes counts, and
 * still end at the same time. So of two partitions the first is smaller, and of more, the first and the last are half the
 * size of the others.
 *
 * @param hash of the SKU, from `hashSku`, so that a resumed import finds each SKU in its partition
 * @returns 0 to partitions - 1
 */
export function partitionOf(hash: number, partitions: number): number {
  if (partitions === 1) return 0;
  if (partitions === 2) return hash % 32 < 15 ? 0 : 1;
  return ((hash % (2 * partitions - 2)) + 1) >> 1;
}
