// Import profiles: saving, their pages, and imports that name one.

import type { ImportProfile, ImportProfileSetup } from '../../db/sources/import-profile-store.ts';
import type { DuplicateRule } from '../../db/tables.ts';
import { FieldChecks, LoadstoneError } from '../../errors.ts';
import { DEFAULT_DIALECT } from '../../ingest/read/dialect.ts';
import { checkId, checkName } from '../bad-input.ts';
import type { Context } from '../context.ts';
import { cursorsOf, keyText } from '../cursor.ts';
import { type CountedConnection, connectionOf, type PageArgs, pageOf, windowOf } from '../pagination.ts';
import { type ColumnOptionsInput, readColumnOptions } from './column-options.ts';
import { type DialectInput, readDialectChanges } from './dialect.ts';
import { checkMaxRejectedRows } from './import-options.ts';

export interface ImportProfileInput extends DialectInput, ColumnOptionsInput {
  name: string;
  onDuplicate?: DuplicateRule | null | undefined;
  maxRejectedRows?: number | null | undefined;
}

const byName = cursorsOf('profile', keyText);

/** @throws LoadstoneError BAD_USER_INPUT, with all fields that are wrong */
export async function saveImportProfile(
  { input }: { input: ImportProfileInput },
  { services }: Context,
): Promise<ImportProfile> {
  const { name, onDuplicate = null, maxRejectedRows = null } = input;
  const checks = new FieldChecks();
  checks.run(() => checkName('An import profile', name));
  checks.run(() => checkMaxRejectedRows(maxRejectedRows));
  const dialect = checks.run(() => readDialectChanges(input));
  const columns = checks.run(() => readColumnOptions(input));
  checks.finish();
  const setup: ImportProfileSetup = {
    name,
    onDuplicate,
    maxRejectedRows,
    mapping: null,
    defaults: null,
    keepColumns: null,
    ...DEFAULT_DIALECT,
    ...dialect,
    ...columns,
  };
  return services.profileEdits.save(setup);
}

/** @throws LoadstoneError NOT_FOUND */
export async function deleteImportProfile(id: string, { services }: Context): Promise<ImportProfile> {
  const deleted = await services.profileEdits.delete(checkId('id', id));
  if (deleted) return deleted;
  throw new LoadstoneError('NOT_FOUND', `There is no import profile with the id ${id}.`);
}

export async function importProfiles(
  args: PageArgs,
  { services }: Context,
): Promise<CountedConnection<ImportProfile>> {
  const window = windowOf(args, byName);
  const { limit, ...bounds } = window;
  const found = await services.profiles.list({ first: limit + 1, ...bounds });
  return {
    ...connectionOf(pageOf(found, window), ({ name }) => byName.encode(name)),
    totalCount: () => services.profiles.count(),
  };
}
