// Which partition of the merge a SKU belongs to.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * FNV-1a over the SKU's UTF-8 bytes, spread over the partitions. It is the same in every process and for every
 * version of Postgres: a restarted import finds each SKU where it left it.
 *
 * @returns 0 to partitions - 1
 */
export function partitionOf(bytes: Uint8Array, start: number, end: number, partitions: number): number {
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), FNV_PRIME);
  // The low bits of FNV are weak on short keys: fold the high ones in.
  return ((hash ^ (hash >>> 15)) >>> 0) % partitions;
}
