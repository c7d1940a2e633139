// Guesses the encoding of text that is not UTF-8. Only a suggestion: it is never applied unasked.

/** How much of the file is searched for characters other than ASCII. */
const MAX_SEARCHED_BYTES = 64 * 1024 * 1024;
/** How much text around such characters is enough for a guess. */
const ENOUGH_BYTES = 32 * 1024;
/** A piece of text around a character. */
const PIECE_BYTES = 256;

/** Most files that are not UTF-8 come from Windows in a Western European language. */
const USUAL = 'windows-1252';
const CONTROLS = /[\u0080-\u009f]/;

/** @returns a name of the WHATWG Encoding standard in which the file's text is valid; undefined if none is likely */
export async function guessEncoding(file: Blob): Promise<string | undefined> {
  const { analyse } = await import('chardet');
  const sample = await sampleOf(file);
  if (sample.length === 0) return undefined;
  const names = analyse(sample).map(({ name }) => name.toLowerCase());
  return [...names, USUAL].map(labelOf).find((label) => label !== undefined && canRead(sample, label));
}

/** The WHATWG standard reads several names as one encoding: ISO-8859-1 is windows-1252. */
function labelOf(name: string): string | undefined {
  if (name === 'utf-8' || name === 'ascii') return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return undefined;
  }
}

function canRead(sample: Uint8Array, encoding: string): boolean {
  const text = new TextDecoder(encoding).decode(sample);
  const invalid = text.split('\ufffd').length - 1;
  // Pieces may begin or end within a character.
  return invalid <= (2 * sample.length) / PIECE_BYTES && !CONTROLS.test(text);
}

/** Text from the first lines that are not plain ASCII. */
async function sampleOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const bytes = file.slice(0, MAX_SEARCHED_BYTES).stream();
  const reader = (isGzip ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  try {
    for (let next = await reader.read(); next.value && total < ENOUGH_BYTES; next = await reader.read()) {
      for (const piece of piecesOf(next.value)) {
        pieces.push(piece);
        total += piece.length;
      }
    }
  } catch {
    // A truncated archive: what was found up to here is enough.
  }
  await reader.cancel().catch(() => {});
  return concat(pieces);
}

function* piecesOf(chunk: Uint8Array<ArrayBuffer>): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
    const piece = chunk.subarray(at, at + PIECE_BYTES);
    if (piece.some((byte) => byte >= 0x80 || byte === 0)) yield piece;
  }
}

function concat(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
