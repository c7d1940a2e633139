// Reads XML as a stream, in bounded memory.

import { SaxesParser } from 'saxes';
import { freeChunk } from '../../../../memory/free-chunk.ts';

export interface XmlHandler {
  /** @param name without its prefix @param attributes by their names, with prefixes */
  open?(name: string, attributes: Record<string, string>): void;
  close?(name: string): void;
  text?(text: string): void;
}

/** The XML is not well-formed, or too large where it should not be. */
export class XmlError extends Error {}

/** Characters without an element's start or end: of a text, or of a tag. */
const MAX_PIECE_LENGTH = 4 * 1024 * 1024;
const MAX_DEPTH = 64;

/** Characters between two yields: what a handler makes of them may be far more. */
const STEP_LENGTH = 4096;

/** Yields after each step, when the handler has been told of its content. */
export async function* readXml(
  chunks: AsyncIterable<Buffer>,
  handler: XmlHandler,
): AsyncGenerator<void, void, undefined> {
  const parser = new SaxesParser({ position: false, xmlns: false as const });
  let decoder: TextDecoder | undefined;
  let depth = 0;
  let sinceTag = 0;
  parser.on('error', (error) => {
    throw new XmlError(error.message);
  });
  parser.on('doctype', () => {
    throw new XmlError('it has a document type declaration');
  });
  parser.on('opentag', ({ name, attributes }) => {
    sinceTag = 0;
    if (++depth > MAX_DEPTH) throw new XmlError('its elements are nested too deeply');
    handler.open?.(localName(name), attributes);
  });
  parser.on('closetag', ({ name }) => {
    sinceTag = 0;
    depth--;
    handler.close?.(localName(name));
  });
  parser.on('text', (text) => handler.text?.(text));
  parser.on('cdata', (text) => handler.text?.(text));
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    const text = decoder.decode(chunk, { stream: true });
    for (let at = 0; at < text.length; at += STEP_LENGTH) {
      const step = text.slice(at, at + STEP_LENGTH);
      sinceTag += step.length;
      parser.write(step);
      if (sinceTag > MAX_PIECE_LENGTH) throw new XmlError('a text or a tag in it is too long');
      yield;
    }
    freeChunk(chunk);
  }
  parser.write(decoder?.decode() ?? '');
  parser.close();
  yield;
}

function encodingOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : 'utf-8';
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
