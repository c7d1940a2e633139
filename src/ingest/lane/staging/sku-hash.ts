// The hash of a SKU.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Hashes the SKU's UTF-8 bytes by FNV-1a. The result does not depend on the process or the version of Postgres.
 *
 * @returns an unsigned number of 32 bits, whose low bits are as good as its high ones
 */
export function hashSku(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), FNV_PRIME);
  // The low bits of FNV are weak for short keys, so mix in the high ones.
  return (hash ^ (hash >>> 15)) >>> 0;
}
