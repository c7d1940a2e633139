// Why an import cannot be deleted.

import type { DeletionHindrance } from '../../db/imports/delete-imports.ts';
import { LoadstoneError } from '../../errors.ts';

export function deletionRefusal(id: string, hindrance: DeletionHindrance): LoadstoneError {
  return new LoadstoneError('IMPORT_IN_USE', `The import ${id} ${reasonOf(hindrance)}`);
}

function reasonOf(hindrance: DeletionHindrance): string {
  switch (hindrance.kind) {
    case 'UNFINISHED':
      return 'has not ended. Delete it once it has, or stop it with cancelImport first.';
    case 'NEEDED':
      return `is being undone or corrected, by ${hindrance.by}. Delete it once that has ended.`;
    case 'BELONGS':
      return `undoes or corrects the import ${hindrance.to}, which would look as if nobody had. Delete that one first.`;
    case 'SOURCE':
      return `is what the data source ${hindrance.sourceId} waits for: its outcome, or the confirmation of its deletions. Confirm or change that first.`;
  }
}
