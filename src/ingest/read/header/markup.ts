// Text that is no table: told by how it begins, where a header should be.

export type Markup = 'a web page' | 'XML' | 'JSON';

/** Bytes from the start that are enough to tell. */
export const MARKUP_BYTES = 512;

const HTML = /^<(!doctype html|html|head|body)\b/;
/** The markup of a page behind what all XML may begin with. */
const XHTML = /<(!doctype html|html)\b/;
/** A declaration, a comment, or an element with another one in it: a name of a column in such brackets is no XML. */
const XML = /^(<\?xml\b|<!--|<!doctype\b|<[\w:.-]+(\s[^<>]*)?>\s*<)/;
/** An object or a list of them, of lists or of texts; also behind what keeps a browser from running it. */
const JSON_BEGINNING = /^(\)\]\}',?\s*)?(\{\s*["}]|\[\s*[[{"\]])/;

/** @param start as `startOf` gives it */
export function detectMarkup(start: string): Markup | undefined {
  if (HTML.test(start)) return 'a web page';
  if (XML.test(start)) return XHTML.test(start) ? 'a web page' : 'XML';
  return JSON_BEGINNING.test(start) ? 'JSON' : undefined;
}

/** @returns a file's beginning in small letters, without a byte order mark and white space */
export function leadingText(head: Buffer): string {
  return head
    .toString('latin1', 0, MARKUP_BYTES)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
}
