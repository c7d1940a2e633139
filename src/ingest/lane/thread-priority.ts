// Where cores are few, lanes use all of them, and who reads or edits would wait for the main thread. So lanes give way to it.

import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';

/** Lowers the priority of the calling thread. Only Linux has priorities of threads: elsewhere, nothing happens. */
export function giveWay(): void {
  try {
    // "<process>/task/<thread>"
    setPriority(
      Number(basename(readlinkSync('/proc/thread-self'))),
      constants.priority.PRIORITY_BELOW_NORMAL,
    );
  } catch {
    // Nothing depends on it.
  }
}
