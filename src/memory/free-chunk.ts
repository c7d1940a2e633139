// Frees the memory of chunks that have been dealt with.

/**
 * Frees the memory of a chunk at once. The garbage collector would do so later, once some tens of megabytes of other chunks
 * wait for it too, and until then each new chunk needs memory of its own.
 *
 * @param chunk nobody uses it any more. It has no bytes from now on. A part of a larger buffer is left alone
 */
export function freeChunk({ buffer, byteLength }: Uint8Array): void {
  const isWhole = byteLength > 0 && byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
