// The state of a page in the query of its address, so that links and the back button work.

import { navigate, useSearch } from 'wouter/use-browser-location';

export interface Address {
  /** An empty string where the address does not say. */
  get(name: string): string;
  /**
   * Sets what is given and leaves the rest; null and '' take a name out.
   *
   * @param options.replace whether the back button passes over the state before, as it should while one types
   */
  set(changes: Record<string, string | null>, options?: { replace?: boolean }): void;
}

export function useAddress(): Address {
  // As the browser has it: wouter's own useSearchParams decodes it twice, and takes %2F in a value for a slash.
  const parameters = new URLSearchParams(useSearch());
  return {
    get: (name) => parameters.get(name) ?? '',
    set(changes, options) {
      const after = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value) after.set(name, value);
        else after.delete(name);
      }
      navigate(after.size > 0 ? `${location.pathname}?${after}` : location.pathname, options);
    },
  };
}
