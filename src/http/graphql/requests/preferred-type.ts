// Chooses a response's media type by the Accept header (RFC 9110, with weights).

import Negotiator from 'negotiator';

export const JSON_TYPE = 'application/json';
export const GRAPHQL_TYPE = 'application/graphql-response+json';
export const EVENT_STREAM = 'text/event-stream';

/** Media types for queries and mutations, in our order of preference where the client has none. */
export const RESULT_TYPES = [JSON_TYPE, GRAPHQL_TYPE, EVENT_STREAM] as const;
/** Media types for subscriptions. */
export const STREAM_TYPES = [EVENT_STREAM] as const;

/** Parameters of a media type other than its weight. They are ignored: all responses are UTF-8, in one version. */
const PARAMETERS = /;\s*(?!q\s*=)[\w!#$%&'*+.^`|~-]+\s*=\s*("[^"]*"|[^;,]*)/gi;

/** @returns the type that the client prefers; undefined if it accepts none of them */
export function preferredType<Type extends string>(
  accept: string | null | undefined,
  types: readonly Type[],
): Type | undefined {
  const header = accept?.trim() ? accept.replace(PARAMETERS, '') : '*/*';
  return new Negotiator({ headers: { accept: header } }).mediaType([...types]) as Type | undefined;
}
