// The state of a page in the query of its address, so that links and the back button work.

import { useSearchParams } from 'wouter';

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
  const [parameters, setParameters] = useSearchParams();
  return {
    get: (name) => parameters.get(name) ?? '',
    set(changes, options) {
      setParameters((before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value) after.set(name, value);
          else after.delete(name);
        }
        return after;
      }, options);
    },
  };
}
