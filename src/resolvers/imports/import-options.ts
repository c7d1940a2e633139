// Validates the options of an import before its file is read.

import type { ImportProfile } from '../../db/sources/import-profile-store.ts';
import type { DuplicateRule } from '../../db/tables.ts';
import { FieldChecks } from '../../errors.ts';
import { profileNotFound, withProfile } from '../../ingest/receiving/import-profile.ts';
import type { ImportOptions } from '../../ingest/receiving/upload-receiver.ts';
import { badInput, checkId, checkText, withoutNulls } from '../bad-input.ts';
import type { Context } from '../context.ts';
import { type ColumnOptionsInput, readColumnOptions } from './column-options.ts';
import { checkDialect, type DialectInput } from './dialect.ts';

export interface ImportOptionsInput extends DialectInput, ColumnOptionsInput {
  id?: string | null | undefined;
  maxRejectedRows?: number | null | undefined;
  onDuplicate?: DuplicateRule | null | undefined;
  profile?: string | null | undefined;
  preview?: boolean | null | undefined;
}

/** @throws LoadstoneError BAD_USER_INPUT or PROFILE_NOT_FOUND, with all options that are wrong */
export async function importOptions(
  input: ImportOptionsInput | null | undefined,
  context: Context,
): Promise<ImportOptions> {
  const checks = new FieldChecks();
  const options = checks.run(() => readImportOptions(input)) ?? {};
  const profile = await checks.wait(() => givenProfile(input?.profile, context));
  checks.finish();
  return profile ? withProfile(options, profile) : options;
}

/** @throws LoadstoneError BAD_USER_INPUT, with all options that are wrong */
export function readImportOptions(input: ImportOptionsInput | null | undefined): ImportOptions {
  const { mapping, defaults, keepColumns, ...others } = input ?? {};
  const options: ImportOptions = withoutNulls(others);
  const { id, maxRejectedRows } = options;
  const checks = new FieldChecks();
  checks.run(() => checkDialect(options));
  checks.run(() => checkMaxRejectedRows(maxRejectedRows));
  const columns = checks.run(() => readColumnOptions({ mapping, defaults, keepColumns }));
  const checkedId = checks.run(() => (id === undefined ? {} : { id: checkId('id', id) }));
  checks.finish();
  return { ...options, ...withoutNulls(columns), ...checkedId };
}

/**
 * @returns the profile with this name; undefined if no name is given
 * @throws LoadstoneError PROFILE_NOT_FOUND
 */
export async function givenProfile(
  name: string | null | undefined,
  { services }: Context,
): Promise<ImportProfile | undefined> {
  if (name === null || name === undefined) return undefined;
  checkText('profile', name);
  const profile = await services.profiles.named(name);
  if (!profile) throw profileNotFound(name);
  return profile;
}

/** @throws LoadstoneError BAD_USER_INPUT */
export function checkMaxRejectedRows(rows: number | null | undefined): void {
  if (typeof rows === 'number' && rows < 0) {
    throw badInput('`maxRejectedRows` must be 0 or more.', 'maxRejectedRows', 'OUT_OF_RANGE');
  }
}
