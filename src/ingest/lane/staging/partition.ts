// Assigns SKUs to partitions of the merge.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Hashes the SKU's UTF-8 bytes by FNV-1a. The result does not depend on the process or the version of Postgres, so a
 * resumed import finds each SKU in its partition.
 *
 * Two lanes that merge in parallel should be out of step, so that one writes products while the other writes counts, and
 * still end at the same time. So of two partitions the first is smaller, and of more, the first and the last are half the
 * size of the others.
 *
 * @returns 0 to partitions - 1
 */
export function partitionOf(bytes: Uint8Array, start: number, end: number, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), FNV_PRIME);
  // The low bits of FNV are weak for short keys, so mix in the high ones.
  const spread = (hash ^ (hash >>> 15)) >>> 0;
  if (partitions === 2) return spread % 32 < 15 ? 0 : 1;
  return ((spread % (2 * partitions - 2)) + 1) >> 1;
}
