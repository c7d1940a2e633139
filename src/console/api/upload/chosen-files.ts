// Files that were chosen in this tab and are not imported yet. They stay while the user moves between pages.

import { newId } from '../../utils/new-id.ts';
import { EMPTY_DRAFT, type ReadingDraft } from '../reading-draft.ts';

export interface ChosenFile {
  id: string;
  file: File;
  draft: ReadingDraft;
  /** Whether it can be imported, as far as is known. */
  isReadable: boolean;
}

export class ChosenFiles {
  readonly #listeners = new Set<() => void>();
  #all: readonly ChosenFile[] = [];

  /** Stays the same array until something changes. */
  get all(): readonly ChosenFile[] {
    return this.#all;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(files: readonly File[], draft: ReadingDraft = EMPTY_DRAFT): void {
    this.#set([...this.#all, ...files.map((file) => ({ id: newId(), file, draft, isReadable: true }))]);
  }

  /** Something other than a profile was changed unless `changes` names one. */
  change(id: string, changes: Partial<ReadingDraft>): void {
    const changed = { profile: '', ...changes };
    this.#replace(id, (each) => ({ ...each, draft: { ...each.draft, ...changed } }));
  }

  setReadable(id: string, isReadable: boolean): void {
    this.#replace(id, (each) => ({ ...each, isReadable }));
  }

  remove(id: string): void {
    this.#set(this.#all.filter((each) => each.id !== id));
  }

  #replace(id: string, change: (file: ChosenFile) => ChosenFile): void {
    this.#set(this.#all.map((each) => (each.id === id ? change(each) : each)));
  }

  #set(all: readonly ChosenFile[]): void {
    this.#all = all;
    for (const listener of this.#listeners) listener();
  }
}
