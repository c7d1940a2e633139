// Whether the folder has changed since it was read.
//
// At each request the files are compared with those of the last /read. File watchers of the operating system miss events on
// some file systems and repeat them on others; listing the files costs less than a millisecond.

import type { FileState, Folder } from './folder.ts';

export class Changes {
  readonly #folder: Folder;
  /** The version of the folder that was last read completely; undefined until then. */
  #read: string | undefined;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  async hasUnread(): Promise<boolean> {
    const states = await this.#folder.list();
    // An empty folder has nothing to read.
    return states.length > 0 && this.#read !== versionOf(states);
  }

  /** @param states of the files as they were when they were opened, so that a later change still counts */
  markRead(states: FileState[]): void {
    this.#read = versionOf(states);
  }
}

function versionOf(states: FileState[]): string {
  return JSON.stringify(states.map(({ name, version }) => [name, version]));
}
