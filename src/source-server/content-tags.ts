// Strong entity tags: a hash of a file's content, computed once for each version of it.

import { createHash } from 'node:crypto';
import { FileChanged, type FileState, type Folder } from './folder.ts';

/** Of a SHA-256 in base64url: enough to tell any two files apart. */
const TAG_LENGTH = 32;

export class ContentTags {
  readonly #folder: Folder;
  readonly #known = new Map<string, { version: string; tag: Promise<string> }>();

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  /**
   * @returns the tag in its quotes; whoever asks meanwhile for the same waits for the same
   * @throws FileChanged if the file is no longer that version
   */
  of({ name, version }: FileState): Promise<string> {
    const known = this.#known.get(name);
    if (known?.version === version) return known.tag;
    const tag = this.#compute(name, version);
    this.#known.set(name, { version, tag });
    tag.catch(() => {
      if (this.#known.get(name)?.tag === tag) this.#known.delete(name);
    });
    return tag;
  }

  /** Forgets the tags of files that are gone. */
  keepOnly(states: FileState[]): void {
    const names = new Set(states.map(({ name }) => name));
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name);
  }

  async #compute(name: string, version: string): Promise<string> {
    const file = await this.#folder.open(name);
    try {
      if (file?.state.version !== version) throw new FileChanged(`${name} was replaced`);
      const hash = createHash('sha256');
      for await (const chunk of file.chunks()) hash.update(chunk);
      return `"${hash.digest('base64url').slice(0, TAG_LENGTH)}"`;
    } finally {
      await file?.close();
    }
  }
}
