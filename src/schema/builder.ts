// The builder that all types are made with, its plugins, and the scalars; it defines no other types itself.

import SchemaBuilder from '@pothos/core';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type { GraphQLObjectType } from 'graphql';
import { GraphQLDateTime, GraphQLJSONObject, GraphQLSafeInt } from 'graphql-scalars';
import { GraphQLUpload } from 'graphql-upload-minimal';
import { accessError } from '../access/access-error.ts';
import { hasRole, ROLES, type Role } from '../access/identity.ts';
import type { Context } from '../resolvers/context.ts';
import type { FileUpload } from '../resolvers/imports/imports.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../resolvers/pagination.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  /** What each root field needs: the role, or one that may do more. */
  AuthScopes: Record<Role, boolean>;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    Upload: { Input: Promise<FileUpload>; Output: never };
    SafeInt: { Input: number; Output: number };
    DateTime: { Input: Date; Output: Date };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
  };
}>({
  defaultFieldNullability: false,
  plugins: [ScopeAuthPlugin, RelayPlugin, DataloaderPlugin],
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ identity }) => ({
      reader: hasRole(identity, 'reader'),
      writer: hasRole(identity, 'writer'),
      admin: hasRole(identity, 'admin'),
    }),
    unauthorizedError: (_root, { identity }, { parentType, fieldName }) =>
      accessError(identity, fieldName, roleOf(parentType, fieldName)),
  },
  // Pages follow the Relay cursor specification.
  relay: {
    // The IDs of most objects do not tell their type, so node.ts has queries of its own.
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodeTypeOptions: { description: 'An object with an ID that no other object has.' },
    idFieldOptions: {
      description: 'The ID of the object, for `node` and `nodes`. An opaque string that never changes.',
    },
    firstArgOptions: {
      description: `Returns the first \`n\` items, from the start of the list or after \`after\`. 0 to ${MAX_PAGE_SIZE}. Default: ${DEFAULT_PAGE_SIZE}. Cannot be combined with \`last\`.`,
    },
    afterArgOptions: {
      description: 'Returns items after this cursor. The cursor must come from a page with the same order.',
    },
    lastArgOptions: {
      description: `Returns the last \`n\` items, from the end of the list or before \`before\`. 0 to ${MAX_PAGE_SIZE}. Cannot be combined with \`first\`.`,
    },
    beforeArgOptions: {
      description: 'Returns items before this cursor. The cursor must come from a page with the same order.',
    },
    pageInfoTypeOptions: { description: 'Information about a page and its position in the list.' },
    hasNextPageFieldOptions: { description: 'Whether there are items after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are items before this page.' },
    startCursorFieldOptions: {
      description: 'The cursor of the first item on this page, for `before`. Null if the page is empty.',
    },
    endCursorFieldOptions: {
      description: 'The cursor of the last item on this page, for `after`. Null if the page is empty.',
    },
    edgesFieldOptions: { nullable: false, description: 'The items on this page, each with its cursor.' },
    nodesOnConnection: { description: 'The items on this page.' },
    pageInfoFieldOptions: { nullable: false, description: 'Information about this page.' },
    defaultEdgeTypeOptions: { description: 'An item in a list, with its cursor.' },
    nodeFieldOptions: { nullable: false, description: 'The item.' },
    cursorFieldOptions: {
      description: 'The position of the item in the list, for `after` and `before`. An opaque string.',
    },
  },
});

/** The role that the rule of a root field names. */
function roleOf(parent: GraphQLObjectType, fieldName: string): Role | undefined {
  const options = parent.getFields()[fieldName]?.extensions['pothosOptions'];
  const { authScopes = {} } = options as { authScopes?: Partial<Record<Role, boolean>> };
  return ROLES.find((role) => authScopes[role]);
}

/**
 * For fields that are loaded for all objects of a page in one statement. Nothing is cached: the context of a
 * subscription lives as long as its stream, and each event must load the current values.
 */
export const UNCACHED = { cache: false };

builder.addScalarType('Upload', GraphQLUpload, {
  description: 'A file, sent as part of a GraphQL multipart request.',
});
builder.addScalarType('SafeInt', GraphQLSafeInt, {
  description: 'An integer between -(2^53 - 1) and 2^53 - 1, the range that JavaScript represents exactly.',
});
builder.addScalarType('DateTime', GraphQLDateTime, {
  description: 'A date and time in UTC in RFC 3339 format, such as `2007-12-03T10:15:30.000Z`.',
});

builder.addScalarType('JSONObject', GraphQLJSONObject, { description: 'A JSON object.' });

/** For fields that several input types share. */
export type InputFieldBuilder = PothosSchemaTypes.InputFieldBuilder<
  (typeof builder)['$inferSchemaTypes'],
  'InputObject'
>;
