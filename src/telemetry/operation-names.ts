// Names of GraphQL operations as labels. Clients choose them, so only so many are told apart.

const MAX_NAMES = 100;
const MAX_LENGTH = 64;

export class OperationNames {
  readonly #known = new Set<string>();

  /** @returns the name; `anonymous` without one, `other` for those that come after the first 100, and for long ones */
  labelOf(name: string | null | undefined): string {
    if (!name) return 'anonymous';
    if (this.#known.has(name)) return name;
    if (this.#known.size >= MAX_NAMES || name.length > MAX_LENGTH) return 'other';
    this.#known.add(name);
    return name;
  }
}
