// Validates the options of an import before its file is read.

import type { ImportProfile } from '../db/sources/import-profile-store.ts';
import type { DuplicateRule } from '../db/tables.ts';
import { profileNotFound, withProfile } from '../ingest/import-profile.ts';
import type { ImportOptions } from '../ingest/upload-receiver.ts';
import { badInput, checkId, checkText, withoutNulls } from './bad-input.ts';
import { type ColumnOptionsInput, readColumnOptions } from './column-options.ts';
import type { Context } from './context.ts';
import { checkDialect, type DialectInput } from './dialect.ts';

export interface ImportOptionsInput extends DialectInput, ColumnOptionsInput {
  id?: string | null | undefined;
  maxRejectedRows?: number | null | undefined;
  onDuplicate?: DuplicateRule | null | undefined;
  profile?: string | null | undefined;
  preview?: boolean | null | undefined;
}

/** @throws LoadstoneError BAD_USER_INPUT, with the name of the invalid option; PROFILE_NOT_FOUND */
export async function importOptions(
  input: ImportOptionsInput | null | undefined,
  context: Context,
): Promise<ImportOptions> {
  const options = readImportOptions(input);
  return options.profile === undefined
    ? options
    : withProfile(options, await requireProfile(options.profile, context));
}

/** @throws LoadstoneError BAD_USER_INPUT, with the name of the invalid option */
export function readImportOptions(input: ImportOptionsInput | null | undefined): ImportOptions {
  const { mapping, defaults, keepColumns, ...others } = input ?? {};
  const options: ImportOptions = withoutNulls(others);
  const { id, maxRejectedRows } = options;
  checkDialect(options);
  checkMaxRejectedRows(maxRejectedRows);
  return {
    ...options,
    ...withoutNulls(readColumnOptions({ mapping, defaults, keepColumns })),
    ...(id !== undefined && { id: checkId('id', id) }),
  };
}

/** @throws LoadstoneError PROFILE_NOT_FOUND */
export async function requireProfile(name: string, { services }: Context): Promise<ImportProfile> {
  checkText('profile', name);
  const profile = await services.profiles.named(name);
  if (!profile) throw profileNotFound(name);
  return profile;
}

/** @throws LoadstoneError BAD_USER_INPUT */
export function checkMaxRejectedRows(rows: number | null | undefined): void {
  if (typeof rows === 'number' && rows < 0) {
    throw badInput('`maxRejectedRows` must be 0 or more.', 'maxRejectedRows');
  }
}
