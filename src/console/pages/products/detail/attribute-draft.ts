// The attributes of a product while they are edited.

export interface AttributeDraft {
  /** Identifies it while its name is being typed. */
  key: number;
  name: string;
  value: string;
  isNew: boolean;
}

/** @param attributes an object with strings; undefined for none */
export function draftOf(attributes: unknown): AttributeDraft[] {
  return Object.entries(textsOf(attributes)).map(([name, value], key) => ({
    key,
    name,
    value,
    isNew: false,
  }));
}

/** What an edit has to say: only what differs, and null for what is removed. */
export function changesOf(draft: readonly AttributeDraft[], before: unknown): Record<string, string | null> {
  const former = new Map(Object.entries(textsOf(before)));
  const now = new Map(
    draft
      .filter(({ isNew, name, value }) => !isNew || name.trim() !== '' || value !== '')
      .map(({ isNew, name, value }) => [isNew ? name.trim() : name, value]),
  );
  const removed = [...former.keys()].filter((name) => !now.has(name)).map((name) => [name, null] as const);
  const set = [...now].filter(([name, value]) => value !== (former.get(name) ?? ''));
  return Object.fromEntries([...removed, ...set.map(([name, value]) => [name, value || null] as const)]);
}

/** @param attributes see `draftOf` */
export function textsOf(attributes: unknown): Record<string, string> {
  return (attributes ?? {}) as Record<string, string>;
}
