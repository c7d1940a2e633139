// Persisted operations: clients name a document by its SHA-256 instead of sending it, and documents that are not in the list
// of the server may be refused.

import { createHash } from 'node:crypto';
import type { GraphQLError } from 'graphql';
import { httpError } from '../../http-error.ts';
import { documentError } from './document-error.ts';
import { OWN_OPERATIONS } from './own-operations.ts';

/** As a client sends it: of any types. */
export interface RequestedOperation {
  query?: unknown;
  /** The form of GraphQL over HTTP: `sha256:` and the hash, or the hash alone. */
  documentId?: unknown;
  /** With `persistedQuery.sha256Hash`, the form of automatic persisted queries. */
  extensions?: unknown;
}

/** Documents by their SHA-256, in lower-case hexadecimal. */
export type OperationList = ReadonlyMap<string, string>;

export class PersistedOperations {
  readonly #list: OperationList | undefined;
  /** Whether clients may send documents that are not in the list. */
  readonly areOthersAllowed: boolean;
  readonly #own = new Set<string>(OWN_OPERATIONS);

  /** @param list undefined: clients send whole documents, and any of them */
  constructor(list: OperationList | undefined, areOthersAllowed: boolean) {
    this.#list = list;
    this.areOthersAllowed = areOthersAllowed || list === undefined;
  }

  /**
   * @returns the document to execute, as it was sent if it is none of ours to judge
   * @throws GraphQLError PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_ONLY or PERSISTED_QUERY_NOT_SUPPORTED
   */
  documentOf({ query, documentId, extensions }: RequestedOperation): unknown {
    // The protocol for WebSocket requires a text.
    if (typeof query === 'string' && query !== '') {
      if (!this.areOthersAllowed && !this.#isKnown(query)) throw notInList();
      return query;
    }
    const id = hashIn(documentId, extensions);
    if (id === undefined) return query;
    if (!this.#list) throw notSupported();
    const document = this.#list.get(id);
    if (document === undefined) throw notFound();
    return document;
  }

  #isKnown(document: string): boolean {
    const hash = sha256(document);
    return this.#list?.has(hash) || this.#own.has(hash);
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hashIn(documentId: unknown, extensions: unknown): string | undefined {
  if (typeof documentId === 'string') return documentId.replace(/^sha256:/, '');
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null };
  return persistedQuery == null ? undefined : String(persistedQuery.sha256Hash);
}

/** Clients of automatic persisted queries expect these exact messages, and then send the whole document. */
function notSupported(): GraphQLError {
  return httpError(200, 'PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported');
}

function notFound(): GraphQLError {
  return httpError(200, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
}

function notInList(): GraphQLError {
  const message =
    'The server executes only the documents of its list (PERSISTED_OPERATIONS), and this is none of them. Have it added there, exactly as it is sent.';
  return documentError('PERSISTED_QUERY_ONLY', message);
}
