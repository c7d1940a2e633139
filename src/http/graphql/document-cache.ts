// The documents that Yoga need not parse again. Long ones hold texts and do not come again: they would only fill it.

import { createLRUCache } from 'graphql-yoga';

const LONGEST = 16 * 1024;

interface Cache<Value> {
  get(document: string): Value | undefined;
  set(document: string, value: Value): void;
}

export function shortDocumentCache<Value extends object>(): Cache<Value> {
  const cache = createLRUCache<Value>({});
  return {
    get: (document) => cache.get(document),
    set(document, value) {
      if (document.length <= LONGEST) cache.set(document, value);
    },
  };
}
