// Keeps a page's state in the URL's query string, so that links and the back button work.

import { navigate, useSearch } from 'wouter/use-browser-location';

export interface QueryParams {
  /** Returns an empty string if the parameter is absent. */
  get(name: string): string;
  /**
   * Sets the given parameters and leaves the others; null and '' remove a parameter.
   *
   * @param options.replace replaces the current history entry instead of adding one, as for each keystroke of a search
   */
  set(changes: Record<string, string | null>, options?: { replace?: boolean }): void;
}

export function useQueryParams(): QueryParams {
  // Not wouter's useSearchParams: it decodes the query string twice, so an encoded %2F in a value becomes a slash.
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
