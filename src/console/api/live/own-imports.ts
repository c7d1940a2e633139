// The imports that this tab has started, so that it shows them again after it was reloaded.

/** The session storage key: each tab has its own. */
const KEY = 'loadstone:imports';
const MAX_IMPORTS = 20;

export class OwnImports {
  #ids: readonly string[] = read();

  /** Newest first. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  has(id: string): boolean {
    return this.#ids.includes(id);
  }

  add(id: string): void {
    this.#set([id, ...this.#ids].slice(0, MAX_IMPORTS));
  }

  remove(id: string): void {
    this.#set(this.#ids.filter((each) => each !== id));
  }

  #set(ids: readonly string[]): void {
    this.#ids = ids;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(ids));
    } catch {
      // Without session storage, they are forgotten when the tab is reloaded.
    }
  }
}

function read(): readonly string[] {
  try {
    const ids: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
