// Errors, row issues and warnings in the words of the console.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES } from '../../../src/codes/error-codes.ts';
import { ROW_ISSUE_CODES } from '../../../src/codes/row-issue-codes.ts';
import { WARNING_CODES } from '../../../src/codes/warning-codes.ts';
import { ERROR_TEXTS } from '../../../src/console/utils/errors/error-texts.ts';
import { ISSUE_TEXTS, WARNING_TEXTS } from '../../../src/console/utils/errors/issue-labels.ts';
import {
  plainError,
  plainIssue,
  plainMessage,
  plainWarning,
} from '../../../src/console/utils/errors/plain-message.ts';

/** Of the console alone: no answer of the server arrived. */
const OWN_CODES = ['CONNECTION_LOST'];

test('every code has words', () => {
  assert.deepEqual(Object.keys(ERROR_TEXTS).sort(), [...Object.keys(ERROR_CODES), ...OWN_CODES].sort());
  assert.deepEqual(Object.keys(ISSUE_TEXTS).sort(), Object.keys(ROW_ISSUE_CODES).sort());
  assert.deepEqual(Object.keys(WARNING_TEXTS).sort(), Object.keys(WARNING_CODES).sort());
});

test('the words name no code, option or setting', () => {
  const words = [
    ...Object.values(ERROR_TEXTS).flatMap(({ title, text = '', advice = '' }) => [title, text, advice]),
    ...[...Object.values(ISSUE_TEXTS), ...Object.values(WARNING_TEXTS)].flatMap(({ label, advice = '' }) => [
      label,
      advice,
    ]),
  ];
  for (const each of words) assert.doesNotMatch(each, /`|_|\boption\b|[a-z][A-Z]|\b[A-Z]{5,}/, each);
});

test('advice to set an option gives way to advice that the console can follow', () => {
  const cases: [code: string, message: string, shown: string][] = [
    [
      'UNBALANCED_QUOTE',
      'From line 2 on, quotes are misplaced. Double those that belong to a text ("") and upload the file again, or choose the option quoting: NONE if the file does not quote its fields.',
      'From line 2 on, quotes are misplaced. Double those that belong to a text ("") and upload the file again. Or let quotes be part of the text, under Options.',
    ],
    [
      'MISSING_COLUMN',
      'The header lacks "sku"; it has "a", "itemName". Add it to the header, or rename the column that holds it. Or name it in the option `mapping`.',
      'The header lacks "sku"; it has "a", "itemName". Add it to the header, or rename the column that holds it. Or choose what its columns are before you import the file.',
    ],
    [
      'MISSING_COLUMN',
      'The header lacks "x" of the option `mapping`; it has "a". Correct the name in the mapping, or leave it out.',
      'The header lacks "x"; it has "a". Correct the name in the mapping, or leave it out.',
    ],
    [
      'INVALID_ENCODING',
      'The header is not valid UTF-8. Set the option encoding to the encoding of the file, such as windows-1252, or save the file as UTF-8.',
      'The header is not valid UTF-8. Choose its encoding under Options. Or save the file as UTF-8.',
    ],
    [
      'INVALID_ENCODING',
      'The header is not valid windows-1252. Remove the option encoding if the file is UTF-8, or set it to the right encoding.',
      'The header is not valid windows-1252. Choose its encoding under Options.',
    ],
    [
      'MISSING_COLUMN',
      'The header lacks "sku"; it has "a^b". Its columns are separated by "^", not by ",". Set the option delimiter to "^".',
      'The header lacks "sku"; it has "a^b". Its columns are separated by "^", not by ",". Choose what separates its columns under Options.',
    ],
    [
      'FILE_TOO_LARGE',
      "The file has more than 100 bytes, which is this server's limit. Split it, or raise MAX_UPLOAD_BYTES.",
      "The file has more than 100 bytes, which is this server's limit. Split it.",
    ],
    [
      'SOURCE_TIMEOUT',
      'shop.example sent nothing for 30 s. It is checked again as scheduled; if it needs longer, raise SOURCE_SILENCE_SECONDS.',
      'shop.example sent nothing for 30 s. It is checked again as scheduled. Ask whoever runs the server.',
    ],
    [
      'SOURCE_STATUS',
      'https://shop.example/exportOfAll.csv answered 404. There is nothing at this address. Check it.',
      'https://shop.example/exportOfAll.csv answered 404. There is nothing at this address. Check it.',
    ],
    [
      'BAD_USER_INPUT',
      '`intervalSeconds` must be from 1 to 2592000, which is 30 days.',
      'The time between two checks, in seconds, must be from 1 to 2592000, which is 30 days.',
    ],
    [
      'BAD_USER_INPUT',
      '`after` is not a cursor of this list.',
      'The address names a page of the list that is not there. Try again to see the first one.',
    ],
    [
      'NOT_READY',
      'The import is still LOADING. Commit it once it is READY.',
      ERROR_TEXTS['NOT_READY']?.text ?? '',
    ],
  ];
  for (const [code, message, shown] of cases) assert.equal(plainError({ code, message }), shown);
});

test('row issues and warnings have advice of their own', () => {
  assert.equal(
    plainIssue({
      code: 'INVALID_UTF8',
      message:
        'The record contains bytes that are not valid UTF-8. If the file has another encoding, set the option `encoding`; otherwise correct them in the file.',
    }),
    'The record contains bytes that are not valid UTF-8. If the file is in another encoding, import it again in that one. Otherwise correct them in the file.',
  );
  assert.equal(
    plainWarning({
      code: 'SEPARATOR_LINE',
      message:
        'The line "sep=;" before the header is not a row. The option `delimiter` is used instead of its delimiter.',
    }),
    'The line "sep=;" before the header is not a row. The delimiter that was chosen is used instead.',
  );
});

test('a message with nothing but unknown advice is shown without code marks', () => {
  assert.equal(plainMessage('Set the option `newOption`.'), 'Set the option new option.');
});
