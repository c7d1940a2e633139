// Yoga's cache of parsed documents, for short ones only: long documents contain literal texts, are rarely repeated and
// would only take memory.

import { createLRUCache } from 'graphql-yoga';

const MAX_LENGTH = 16 * 1024;

interface Cache<Value> {
  get(document: string): Value | undefined;
  set(document: string, value: Value): void;
}

export function shortDocumentCache<Value extends object>(): Cache<Value> {
  const cache = createLRUCache<Value>({});
  return {
    get: (document) => cache.get(document),
    set(document, value) {
      if (document.length <= MAX_LENGTH) cache.set(document, value);
    },
  };
}
