// Strong entity tags: hashes of the content, computed once for each version of a file.

import { createHash } from 'node:crypto';
import { FileChanged, type FileState, type Folder } from './folder.ts';

/** Characters of a SHA-256 in base64url: enough to be unique. */
const TAG_LENGTH = 32;

export class ContentTags {
  readonly #folder: Folder;
  readonly #known = new Map<string, { version: string; tag: Promise<string> }>();

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  /**
   * @returns the tag with its quotes; concurrent calls share one computation
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

  /** Forgets the tags of files that no longer exist. */
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
