// The parts of an import that say what became of it: rows, error, warnings.

import { WARNING_CODES, warningCodeOf } from '../../codes/warning-codes.ts';
import type { ImportWarning } from '../../db/tables.ts';
import type { ImportError, ImportRows } from '../../resolvers/imports/import-fields.ts';
import { builder } from '../builder.ts';
import { codeValues } from '../code-values.ts';
import { ErrorCodeRef } from '../error-code.ts';

export const ImportRowsRef = builder.objectRef<ImportRows>('ImportRows').implement({
  description:
    'What happened to the rows of the file. Once the import is COMPLETED, `read` equals `inserted` + `updated` + `unchanged` + `superseded` + `rejected`. Of an undo: what happened to the products that the import had changed. Then `read` equals `inserted` + `updated` + `deleted` + `kept`.',
  fields: (t) => ({
    read: t.expose('read', {
      type: 'SafeInt',
      description:
        'The number of records in the file, without the header. Of an undo, the number of products that the import had changed.',
    }),
    inserted: t.expose('inserted', {
      type: 'SafeInt',
      description: 'Rows that created a product. Of an undo, products that are back.',
    }),
    updated: t.expose('updated', {
      type: 'SafeInt',
      description: 'Rows that changed a product. Of an undo, products that have their former values back.',
    }),
    unchanged: t.expose('unchanged', {
      type: 'SafeInt',
      description: 'Rows identical to the existing product. Nothing was written.',
    }),
    superseded: t.expose('superseded', {
      type: 'SafeInt',
      description:
        'Rows in place of which another row of the file with the same SKU was imported: a later one, or with FIRST_WINS an earlier one.',
    }),
    rejected: t.expose('rejected', { type: 'SafeInt', description: 'Rows that are not valid products.' }),
    deleted: t.expose('deleted', {
      type: 'SafeInt',
      description:
        'Products deleted because their data source, in mode REPLACE, no longer contains them. They are not rows of the file. Always 0 for an upload. Of an undo, products that are removed again.',
    }),
    kept: t.field({
      type: 'SafeInt',
      description:
        'Of an undo, products that were changed again after the import, and were left alone; see `keptProducts`. Otherwise 0.',
      resolve: ({ kept = 0 }) => kept,
    }),
  }),
});

export const ImportErrorRef = builder.objectRef<ImportError>('ImportError').implement({
  description: 'Why an import failed.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeRef, description: 'The reason, for programs.' }),
    message: t.exposeString('message', { description: 'What is wrong and how to fix it, for people.' }),
  }),
});

const WarningCodeRef = builder.enumType('WarningCode', {
  description: 'What an import warns of. Values never change; new ones may be added.',
  values: codeValues(WARNING_CODES),
});

export const ImportWarningRef = builder.objectRef<ImportWarning>('ImportWarning').implement({
  description: 'Something unusual in the file that did not cause a row to be rejected.',
  fields: (t) => ({
    code: t.field({
      type: WarningCodeRef,
      description: 'What was found, for programs.',
      resolve: ({ code }) => warningCodeOf(code),
    }),
    message: t.exposeString('message', { description: 'A description for people.' }),
    line: t.expose('line', {
      type: 'SafeInt',
      nullable: true,
      description: 'The line on which it first occurs. Null if it does not concern a line.',
    }),
  }),
});
