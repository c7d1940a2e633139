// What an import says of undoing: the fields of `Import` that lead to other imports, and what an undo left alone.

import { importsByIds, undosByIds } from '../../resolvers/imports.ts';
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
