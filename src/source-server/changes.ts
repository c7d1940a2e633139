// Whether the folder has something that was not read yet.
//
// It is compared with what it was at the last reading, whenever someone asks. Notices of the operating system are
// lost on some file systems and come more than once on others; looking at the files costs less than a millisecond.

import type { FileState, Folder } from './folder.ts';

export class Changes {
  readonly #folder: Folder;
  /** What the folder had when it was last read to the end; undefined until then. */
  #read: string | undefined;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  async areThere(): Promise<boolean> {
    const states = await this.#folder.list();
    // An empty folder has nothing to read.
    return states.length > 0 && this.#read !== versionOf(states);
  }

  /** @param states of the files that were read, as they were when they were opened: a later change stays one */
  wereRead(states: FileState[]): void {
    this.#read = versionOf(states);
  }
}

function versionOf(states: FileState[]): string {
  return JSON.stringify(states.map(({ name, version }) => [name, version]));
}
