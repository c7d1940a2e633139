// The shared strings of a workbook, to which its cells refer by number.

import { LoadstoneError } from '../../../../errors.ts';
import { unescapeText } from './cell-text.ts';
import { CompressedStrings } from './compressed-strings.ts';
import { readXml, XmlError } from './read-xml.ts';

const MIB = 1024 * 1024;
/** Enough for some 500,000 products. */
const MAX_BYTES = 128 * MIB;
/** Of one, in characters. */
const MAX_LENGTH = 4 * MIB;
const MAX_STRINGS = 16 * MIB;

export class SharedStrings implements Disposable {
  readonly #strings = new CompressedStrings();

  /**
   * @param part of the workbook that has them
   * @throws LoadstoneError WORKBOOK_TOO_LARGE; XmlError
   */
  async read(part: AsyncIterable<Buffer>): Promise<void> {
    let value = '';
    let isText = false;
    /** Inside of a pronunciation, which is not part of the text. */
    let isPhonetic = false;
    const events = readXml(part, {
      open(name) {
        if (name === 'si') value = '';
        else if (name === 'rPh') isPhonetic = true;
        else if (name === 't') isText = !isPhonetic;
      },
      text(text) {
        if (isText) value += text;
        if (value.length > MAX_LENGTH) throw new XmlError('a text in it is too long');
      },
      close: (name) => {
        if (name === 't') isText = false;
        else if (name === 'rPh') isPhonetic = false;
        else if (name === 'si') this.#add(unescapeText(value));
      },
    });
    for await (const _ of events);
  }

  /** @returns undefined if there is no such string */
  at(index: number): string | undefined {
    return this.#strings.at(index);
  }

  /** Frees their memory. */
  [Symbol.dispose](): void {
    this.#strings[Symbol.dispose]();
  }

  #add(value: string): void {
    this.#strings.add(value);
    if (this.#strings.byteLength > MAX_BYTES || this.#strings.count > MAX_STRINGS) throw tooLarge();
  }
}

function tooLarge(): LoadstoneError {
  const message = `The workbook has more than ${MAX_BYTES / MIB} MiB of different texts. They are all needed at once to read its rows. Save the sheet as CSV, or split it.`;
  return new LoadstoneError('WORKBOOK_TOO_LARGE', message);
}
