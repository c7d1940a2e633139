// What a profile says about an import. What is said besides it comes first.

import type { ImportProfile } from '../../db/sources/import-profile-store.ts';
import { fieldError, type LoadstoneError } from '../../errors.ts';
import { dialectOf } from '../read/dialect.ts';
import type { ImportOptions } from './upload-receiver.ts';

/** @returns the options with those of the profile that they lack */
export function withProfile(options: ImportOptions, profile: ImportProfile): ImportOptions {
  const { name, mapping, defaults, keepColumns, onDuplicate, maxRejectedRows } = profile;
  return {
    ...dialectOf(profile),
    ...(mapping && { mapping }),
    ...(defaults && { defaults }),
    ...(keepColumns !== null && { keepColumns }),
    ...(onDuplicate && { onDuplicate }),
    ...(maxRejectedRows !== null && { maxRejectedRows }),
    ...options,
    profile: name,
  };
}

export function profileNotFound(name: string): LoadstoneError {
  const message = `There is no import profile ${JSON.stringify(name.slice(0, 200))}. Save it again, or name another one.`;
  return fieldError('profile', 'NOT_FOUND', message, 'PROFILE_NOT_FOUND');
}
