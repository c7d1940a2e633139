// Bounds how large, and with it how deep and how often aliased, a GraphQL document can be.

import type { Plugin } from 'graphql-yoga';

const MAX_TOKENS = 2000;

export function useTokenLimit(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => parseFn(source, { ...options, maxTokens: MAX_TOKENS }));
    },
  };
}
