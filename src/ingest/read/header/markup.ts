// Recognizes markup by its beginning, where a CSV file has its header.

export type Markup = 'a web page' | 'XML' | 'JSON';

/** How much of the beginning is examined. */
export const MARKUP_BYTES = 512;

const HTML = /^<(!doctype html|html|head|body)\b/;
/** A web page after an XML prolog. */
const XHTML = /<(!doctype html|html)\b/;
/** A declaration, a comment, or nested elements: a column name in angle brackets is not XML. */
const XML = /^(<\?xml\b|<!--|<!doctype\b|<[\w:.-]+(\s[^<>]*)?>\s*<)/;
/** An object, or an array of objects, arrays or strings; also after the prefix that prevents JSON hijacking. */
const JSON_BEGINNING = /^(\)\]\}',?\s*)?(\{\s*["}]|\[\s*[[{"\]])/;

/** @param start as returned by `leadingText` */
export function detectMarkup(start: string): Markup | undefined {
  if (HTML.test(start)) return 'a web page';
  if (XML.test(start)) return XHTML.test(start) ? 'a web page' : 'XML';
  return JSON_BEGINNING.test(start) ? 'JSON' : undefined;
}

/** @returns the beginning of a file in lower case, without byte order mark and white space */
export function leadingText(head: Buffer): string {
  return head
    .toString('latin1', 0, MARKUP_BYTES)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
}
