// Which partition of the merge a SKU belongs to.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * FNV-1a over the SKU's UTF-8 bytes, spread over the partitions. It is the same in every process and for every
 * version of Postgres: a restarted import finds each SKU where it left it.
 *
 * Two lanes that merge side by side had better be out of step, one writing products while the other writes counts,
 * and still end together. So of two partitions the first is smaller, and of more the first and the last are half as
 * large as the others.
 *
 * @returns 0 to partitions - 1
 */
export function partitionOf(bytes: Uint8Array, start: number, end: number, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), FNV_PRIME);
  // The low bits of FNV are weak on short keys: fold the high ones in.
  const spread = (hash ^ (hash >>> 15)) >>> 0;
  if (partitions === 2) return spread % 32 < 15 ? 0 : 1;
  return ((spread % (2 * partitions - 2)) + 1) >> 1;
}
