// What the server says in an error besides its message.

import type { CombinedError } from 'urql';
import { graphql, type ResultOf } from './graphql.ts';

const Extensions = graphql(`
  fragment Extensions on ErrorExtensions {
    code
    fields {
      field
      message
    }
    product {
      sku
      name
      description
      updatedAt
    }
  }
`);

type ErrorExtensions = Partial<ResultOf<typeof Extensions>>;

export function extensionsOf(error: CombinedError | undefined): ErrorExtensions {
  return error?.graphQLErrors[0]?.extensions ?? {};
}

/** What is wrong with each field, by its name. A field with several faults has all of them. */
export function fieldMessages(error: CombinedError | undefined): Partial<Record<string, string>> {
  const messages: Record<string, string> = {};
  for (const { field, message } of extensionsOf(error).fields ?? []) {
    messages[field] = messages[field] === undefined ? message : `${messages[field]} ${message}`;
  }
  return messages;
}
