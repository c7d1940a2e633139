// Corrects rejected rows, and says what became of that.

import { authorOf } from '../../access/identity.ts';
import type { ImportRecord } from '../../db/imports/import-record.ts';
import type { RowCorrection } from '../../db/imports/row-correction-store.ts';
import type { RowToCorrect } from '../../ingest/requests/correction-file.ts';
import { badInput, checkId, checkText, withoutNulls } from '../bad-input.ts';
import type { Context } from '../context.ts';

interface RowInput {
  line: number;
  values?: string[] | null | undefined;
  record?: string | null | undefined;
}

/** Of one correction. */
export const MAX_CORRECTED_ROWS = 500;

export async function correctRows(
  id: string,
  { rows, correctionId }: { rows: RowInput[]; correctionId?: string | null | undefined },
  { services, identity }: Context,
): Promise<ImportRecord> {
  if (rows.length === 0 || rows.length > MAX_CORRECTED_ROWS) {
    throw badInput(
      `\`rows\` has ${rows.length} rows. Give 1 to ${MAX_CORRECTED_ROWS}; correct more of them one after the other.`,
      'rows',
    );
  }
  for (const { values, record } of rows) {
    for (const text of [...(values ?? []), record ?? undefined]) checkText('rows', text);
  }
  return services.imports.correctRows(
    id,
    rows.map(({ line, ...given }): RowToCorrect => ({ line, ...withoutNulls(given) })),
    {
      id: correctionId ? checkId('correctionId', correctionId) : undefined,
      author: authorOf(identity),
    },
  );
}

/** @param keys the id of an import and a line, with a space between them */
export async function latestCorrections(
  keys: readonly string[],
  { services }: Context,
): Promise<(RowCorrection | null)[]> {
  return services.rowCorrections.latest(
    keys.map((key) => {
      const [importId = '', line] = key.split(' ');
      return { importId, line: Number(line) };
    }),
  );
}
