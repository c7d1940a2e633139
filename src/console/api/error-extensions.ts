// What the server says in an error besides its message.

import type { CombinedError } from 'urql';
import { plainError } from '../utils/errors/plain-message.ts';
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
      attributes
      updatedAt
    }
  }
`);

type ErrorExtensions = Partial<ResultOf<typeof Extensions>>;

export function extensionsOf(error: CombinedError | undefined): ErrorExtensions {
  return error?.graphQLErrors[0]?.extensions ?? {};
}

/** What is wrong with each field, in plain words, by its name. A field with several faults has all of them. */
export function fieldMessages(error: CombinedError | undefined): Partial<Record<string, string>> {
  const messages: Record<string, string> = {};
  for (const { field, message } of extensionsOf(error).fields ?? []) {
    const text = plainError({ code: 'BAD_USER_INPUT', message });
    messages[field] = messages[field] === undefined ? text : `${messages[field]} ${text}`;
  }
  return messages;
}
