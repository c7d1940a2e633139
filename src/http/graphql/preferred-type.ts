// What a client takes as an answer, by its Accept header (RFC 9110, with weights).

import Negotiator from 'negotiator';

export const JSON_TYPE = 'application/json';
export const GRAPHQL_TYPE = 'application/graphql-response+json';
export const EVENT_STREAM = 'text/event-stream';

/** All that a query or mutation can be answered with; of what a client takes alike, the first. */
export const RESULT_TYPES = [JSON_TYPE, GRAPHQL_TYPE, EVENT_STREAM] as const;
/** A subscription is a stream. */
export const STREAM_TYPES = [EVENT_STREAM] as const;

/** Parameters of a media type other than its weight: all our answers are UTF-8, and there is one form of each. */
const PARAMETERS = /;\s*(?!q\s*=)[\w!#$%&'*+.^`|~-]+\s*=\s*("[^"]*"|[^;,]*)/gi;

/** @returns which of these types the client likes most; undefined when it takes none */
export function preferredType<Type extends string>(
  accept: string | null | undefined,
  types: readonly Type[],
): Type | undefined {
  const header = accept?.trim() ? accept.replace(PARAMETERS, '') : '*/*';
  return new Negotiator({ headers: { accept: header } }).mediaType([...types]) as Type | undefined;
}
