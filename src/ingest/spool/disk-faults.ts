// What is wrong with the disk of the spool, as the client is told.

import { LoadstoneError } from '../../errors.ts';

const FULL = ['ENOSPC', 'EDQUOT'];

const FAULTS: Record<string, string> = {
  ENOSPC: 'its disk is full. Free some space, or set DATA_DIR to a larger disk, and send the file again',
  EDQUOT:
    'its disk quota is used up. Free some space, or set DATA_DIR to another disk, and send the file again',
  EACCES: 'it may not write to its data folder. Grant it access, or set DATA_DIR to another folder',
  EPERM: 'it may not write to its data folder. Grant it access, or set DATA_DIR to another folder',
  EROFS: 'its data folder is read-only. Set DATA_DIR to a writable folder',
  ENOTDIR: 'its data folder is not a folder. Set DATA_DIR to a writable folder',
  EEXIST: 'its data folder is not a folder. Set DATA_DIR to a writable folder',
  EIO: 'its disk reports an error. Check the disk, or set DATA_DIR to another one, and send the file again',
  EMFILE: 'it has too many open files. Raise the limit (ulimit -n), and send the file again',
  ENFILE: 'the system has too many open files. Send the file again later',
};

/** @returns SPOOL_FULL or SPOOL_UNAVAILABLE; undefined if the error does not come from the file system */
export function diskFault(error: unknown): LoadstoneError | undefined {
  // An error of the file's source has a code too, but no system call of the file system.
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  const fault = FAULTS[String(error.code)];
  if (!fault) return undefined;
  const code = FULL.includes(String(error.code)) ? 'SPOOL_FULL' : 'SPOOL_UNAVAILABLE';
  return new LoadstoneError(code, `The server cannot store the upload: ${fault}.`, { cause: error });
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
