// Why the rows of an import cannot be corrected.

import { hasEnded, type ImportRecord } from '../../db/imports/import-record.ts';
import { LoadstoneError } from '../../errors.ts';

/**
 * Whether it was undone is checked when the correction is written.
 *
 * @throws LoadstoneError IMPORT_UNFINISHED, NOT_CORRECTABLE
 */
export function requireCorrectable(record: ImportRecord): void {
  const { status, undoes, corrects } = record;
  if (!hasEnded(record)) {
    const message = `The import is ${status}. Correct its rows once it has ended.`;
    throw new LoadstoneError('IMPORT_UNFINISHED', message);
  }
  if (corrects !== null) {
    const message = `The import is itself a correction. Correct its rows in the import ${corrects}, where they were rejected first.`;
    throw new LoadstoneError('NOT_CORRECTABLE', message, { details: { corrects } });
  }
  if (undoes !== null || status !== 'COMPLETED') {
    const what = undoes === null ? status : 'an undo';
    const message = `The import is ${what}, so there are no rows to correct. Import the file, corrected.`;
    throw new LoadstoneError('NOT_CORRECTABLE', message);
  }
}
