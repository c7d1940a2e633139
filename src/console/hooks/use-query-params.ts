// Keeps a page's state in the URL's query string, so that links and the back button work.

import { useLocation } from 'wouter';
import { useLocationProperty } from 'wouter/use-browser-location';
import { useLeaveGuard } from '../leaving/guard-context.ts';

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
  const [, navigate] = useLocation();
  const guard = useLeaveGuard();
  // Not wouter's useSearchParams: it decodes the query string twice, so an encoded %2F in a value becomes a slash.
  const parameters = new URLSearchParams(useLocationProperty(() => guard.shown.search));
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
