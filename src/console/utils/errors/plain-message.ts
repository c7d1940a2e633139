// The server's messages as the console shows them. They speak to programs too, and name options of the API and settings of the
// server; the console has controls for the former, and its users do not have the latter.

import { ERROR_TEXTS } from './error-texts.ts';
import { ISSUE_TEXTS, WARNING_TEXTS } from './issue-labels.ts';

/** What names an option, a setting, or a field of the API. Names and values from the file are in double quotes. */
const API_WORDS =
  /`|\boptions?\b|\b[A-Z]{2,}(?:_[A-Z0-9]+)+\b|\bextensions\.|\b[a-z]+[A-Z]\w*|^(?:or )?set it\b/;
const QUOTED = /"[^"]*"|\b\w+:\/\/\S+|\S+\.\S+/g;

/** What to do in the console instead of setting an option. */
const CONTROLS: readonly [option: RegExp, advice: string][] = [
  [/\bencoding\b/, 'choose its encoding under Options'],
  [/\bdelimiter\b/, 'choose what separates its columns under Options'],
  [/\bmapping\b/, 'choose what its columns are before you import the file'],
  [/\bsheet\b/, 'choose the sheet under Options'],
  [/\bskipInitialSpace\b/, 'let spaces after a delimiter be ignored, under Options'],
  [/\bquoting\b/, 'let quotes be part of the text, under Options'],
  [/\bmaxRejectedRows\b/, 'allow more such rows under Options'],
  [/\bkeepColumns\b/, 'import the file without its other columns'],
  [/\bonDuplicate\b/, 'choose under Options which of the rows counts'],
];

/** Only a page's address has cursors. */
const NO_SUCH_PAGE =
  'The address names a page of the list that is not there. Try again to see the first one.';

/** Names of fields and options in the messages about input. */
const NAMES: Record<string, string> = {
  delimiter: 'the delimiter',
  description: 'the description',
  encoding: 'the encoding',
  intervalSeconds: 'the time between two checks, in seconds,',
  mapping: 'the choice of columns',
  maxDeletedShare: 'the share that may be deleted',
  maxRejectedRows: 'the number of rejected rows',
  name: 'the name',
  defaults: 'the choice of default values',
  sheet: 'the sheet',
  sku: 'the SKU',
  url: 'the address',
  words: 'the search',
};

/** The message of an error, with the advice that the console has for its code. */
export function plainError({ code, message }: { code: string; message: string }): string {
  const { text, advice } = ERROR_TEXTS[code] ?? {};
  if (code === 'BAD_USER_INPUT') return /\bcursor\b/.test(message) ? NO_SUCH_PAGE : withNames(message);
  return text ?? plainMessage(message, advice);
}

/** The message of a row issue. */
export function plainIssue({ code, message }: { code: string; message: string }): string {
  return plainMessage(message, ISSUE_TEXTS[code]?.advice);
}

/** The message of a warning. */
export function plainWarning({ code, message }: { code: string; message: string }): string {
  return plainMessage(message, WARNING_TEXTS[code]?.advice);
}

/** @param advice of the console, in place of what the message says about settings of the server */
export function plainMessage(message: string, advice?: string): string {
  const sentences = withoutAsides(message)
    .split(/(?<=[.?!])\s+(?=[A-Z"“])/)
    .flatMap((sentence) => (namesApi(sentence) ? inPlainWords(sentence, advice) : [sentence]));
  return sentences.length > 0 ? [...new Set(sentences)].join(' ') : withNames(message);
}

/** "Split it, or raise MAX_UPLOAD_BYTES." has two ways, of which one remains. */
function inPlainWords(sentence: string, advice: string | undefined): string[] {
  return sentence
    .split(/;\s+|,\s+(?=or\s)/)
    .map((way) => (namesApi(way) ? (advice ?? controlFor(way)) : way))
    .filter((way) => way !== undefined)
    .map(asSentence);
}

/** Where the console has what the option does. */
function controlFor(way: string): string | undefined {
  // It says more about the option before.
  if (/^or set it\b/.test(way)) return undefined;
  const [, control] = CONTROLS.find(([option]) => option.test(way)) ?? [];
  return control && /^or\b/i.test(way) ? `or ${control}` : control;
}

function namesApi(text: string): boolean {
  return API_WORDS.test(text.replace(QUOTED, '""'));
}

/** Without "(UNDO_DAYS)" and "of the option `mapping`". */
function withoutAsides(message: string): string {
  return message
    .replace(/ of the option `\w+`/g, '')
    .replace(/ \([^()]*\)/g, (aside) => (namesApi(aside) ? '' : aside));
}

function asSentence(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(1) + (/[.?!:]$/.test(text) ? '' : '.');
}

/** "`name` must not be empty." → "The name must not be empty." */
function withNames(message: string): string {
  return asSentence(
    message.replace(/`(?:filter\.)?(\w+)`/g, (_, name: string) => NAMES[name] ?? spaced(name)),
  );
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
