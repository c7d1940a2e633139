// Mutations that start, commit, cancel, delete and retry imports.

import { authorOf } from '../../access/identity.ts';
import { checkId } from '../../resolvers/bad-input.ts';
import { importProducts, inspectFile } from '../../resolvers/imports/imports.ts';
import { builder } from '../builder.ts';
import { columnFields } from './columns.ts';
import { dialectFields } from './dialect.ts';
import { DuplicateRuleRef, ON_DUPLICATE } from './duplicate-rule.ts';
import { FileInspectionRef } from './file-inspection.ts';
import { ImportRef } from './import.ts';

const ImportOptionsRef = builder.inputType('ImportOptions', {
  description: 'Options for reading the file. All are optional.',
  fields: (t) => ({
    id: t.id({
      description:
        'A UUID for the import, chosen by the client, to follow it from the first byte. Sending the same file with the same ID again does not import it twice; sending a different file fails with IMPORT_ID_TAKEN. If the upload was interrupted, sending the file again with the same ID starts the import over.',
    }),
    ...dialectFields(t),
    ...columnFields(t),
    onDuplicate: t.field({ type: DuplicateRuleRef, description: ON_DUPLICATE }),
    profile: t.string({
      description:
        'The name of an import profile: it says what these options do not say. Fails with PROFILE_NOT_FOUND if there is none.',
    }),
    preview: t.boolean({
      description:
        'Whether the import stops at READY: `Import.preview` then says what it would do, and nothing changes until `commitImport`. Default: false.',
    }),
    maxRejectedRows: t.int({
      description:
        'The maximum number of rejected rows. With more, the import fails with TOO_MANY_REJECTED_ROWS and changes nothing. 0 or more. Default: the setting `MAX_REJECTED_ROWS`, 100,000 unless configured. At most `MAX_ROW_ISSUES` counts.',
    }),
  }),
});

const ID_ARGUMENT = 'The ID of the import, a UUID.';

builder.mutationFields((t) => ({
  importProducts: t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      "Imports a CSV file of products, plain or compressed (gzip, zstd, or a zip with one CSV file), or an Excel workbook (.xlsx). Returns as soon as the whole file is safely on the server's disk; follow the import with `importProgress`. Problems with the content of the file are reported in `Import.error`. Errors: FILE_TOO_LARGE, UPLOAD_INTERRUPTED, UPLOAD_TOO_SLOW, IMPORT_ID_TAKEN, SPOOL_FULL (before the upload if its size is known), SPOOL_UNAVAILABLE, SHUTTING_DOWN, PROFILE_NOT_FOUND, BAD_USER_INPUT.",
    args: {
      file: t.arg({
        type: 'Upload',
        required: true,
        description:
          'The file. Its header must contain the columns `name`, `sku` and `description`, in any order and letter case, or columns that `mapping` names, or usual names for them.',
      }),
      options: t.arg({ type: ImportOptionsRef, description: 'How to read the file.' }),
    },
    resolve: (_root, args, context) => importProducts(args, context),
  }),
  inspectFile: t.field({
    type: FileInspectionRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Says what a file is and shows its first rows. Imports nothing and keeps nothing. Returns as soon as it knows enough, without waiting for the rest of the file; only a zip or a workbook has to arrive whole. A file that cannot be read is an error with the code that an import would fail with, such as NOT_A_CSV, CORRUPT_ARCHIVE or AMBIGUOUS_SHEET (with the names in `extensions.sheets`); columns that are missing or ambiguous are reported in `FileInspection.error`. Errors also: FILE_TOO_LARGE, UPLOAD_INTERRUPTED, UPLOAD_TOO_SLOW, SPOOL_FULL, SPOOL_UNAVAILABLE, PROFILE_NOT_FOUND, BAD_USER_INPUT.',
    args: {
      file: t.arg({ type: 'Upload', required: true, description: 'The file.' }),
      options: t.arg({
        type: ImportOptionsRef,
        description: 'How an import would read it. `id`, `maxRejectedRows` and `preview` make no difference.',
      }),
    },
    resolve: (_root, args, context) => inspectFile(args, context),
  }),
  commitImport: t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Merges a previewed import that is READY, without sending the file again. Returns at once; follow it with `importProgress`. Products may have changed since the preview: `Import.rows` says what was done. An import that has been committed before is returned as it is, so this can be sent again. Errors: NOT_FOUND, NOT_READY, PREVIEW_EXPIRED, SHUTTING_DOWN.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.imports.commit(checkId('id', id)),
  }),
  cancelImport: t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Cancels an import, or discards one that is READY. Before MERGING, no product has been changed; after that, what has already been merged stays. Errors: NOT_FOUND, IMPORT_FINISHED if the import has already finished.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.imports.cancel(checkId('id', id)),
  }),
  deleteImport: t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Deletes an import that has ended, with its issues, preview and corrections, and returns it as it was; null if it was deleted before. Products stay as they are, but the import can no longer be undone, and its ID cannot be used again. What it left is cleared away in the background. An undo or a correction can be deleted after the import that it belongs to. Errors: NOT_FOUND, IMPORT_IN_USE.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.imports.delete(checkId('id', id)),
  }),
  undoImport: t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Takes back what an import has changed, and returns the undo, a new import to follow with `importProgress`. What the import inserted is removed, what it updated or deleted gets its former values back, with its former `updatedAt`. Products that were changed again afterwards, by an edit or a later import, are left alone and counted as `kept`. An import that failed or was cancelled while it was MERGING can be undone, too, and so can an undo. If an undo failed or was cancelled, this goes on with it. Errors: NOT_FOUND, IMPORT_UNFINISHED, BEING_UNDONE and ALREADY_UNDONE (with the undo in `extensions.undoneBy`), UNDO_EXPIRED, SHUTTING_DOWN.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services, identity }) =>
      services.imports.undo(checkId('id', id), authorOf(identity)),
  }),
  retryImport: t.field({
    type: ImportRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Continues a failed import whose file was kept; see `retryableUntil`. It resumes where it stopped: merged rows are not merged again. Errors: NOT_FOUND, NOT_RETRYABLE, SPOOL_UNAVAILABLE if the file is on another server.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.imports.retry(checkId('id', id)),
  }),
}));
