// What an import says of undoing: the fields of `Import` that lead to other imports, and what an undo would do.

import type { UndoPreview } from '../../db/merge/undo/preview-undo.ts';
import { checkId } from '../../resolvers/bad-input.ts';
import { costs, READ_ALL } from '../../resolvers/field-cost.ts';
import { importsByIds, undosByIds } from '../../resolvers/imports/imports.ts';
import { builder, UNCACHED } from '../builder.ts';
import { ImportRef } from './import.ts';

builder.objectFields(ImportRef, (t) => ({
  undoes: t.loadable({
    type: ImportRef,
    nullable: true,
    description: 'Of an undo, the import that it undoes. Otherwise null.',
    load: importsByIds,
    resolve: ({ undoes }) => undoes,
    loaderOptions: UNCACHED,
  }),
  undoneBy: t.loadable({
    type: ImportRef,
    nullable: true,
    description: 'The import that undoes it: see its status. Null if nobody has asked for that.',
    load: undosByIds,
    resolve: ({ id }) => id,
    loaderOptions: UNCACHED,
  }),
}));

const UndoPreviewRef = builder.objectRef<UndoPreview>('UndoPreview').implement({
  description: 'What an undo would do now, in numbers of products, as in its `rows`.',
  fields: (t) => ({
    inserted: t.expose('inserted', {
      type: 'SafeInt',
      description: 'Products that the import deleted, and that come back.',
    }),
    updated: t.expose('updated', {
      type: 'SafeInt',
      description: 'Products that the import changed, and that get their former values back.',
    }),
    deleted: t.expose('deleted', {
      type: 'SafeInt',
      description: 'Products that the import inserted, and that are removed.',
    }),
    kept: t.expose('kept', {
      type: 'SafeInt',
      description: 'Products that were changed again since, and are left alone.',
    }),
  }),
});

builder.queryFields((t) => ({
  undoPreview: t.field({
    type: UndoPreviewRef,
    ...costs({ cost: READ_ALL }),
    authScopes: { reader: true },
    description:
      'Returns what `undoImport` would do now, and changes nothing. Of an undo that was not completed: what is left to do. Errors: as of `undoImport`.',
    args: { id: t.arg.id({ required: true, description: 'The ID of the import, a UUID.' }) },
    resolve: (_root, { id }, { services, signal }) => services.undoPreviews.of(checkId('id', id), signal),
  }),
}));
