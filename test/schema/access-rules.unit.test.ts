// Every root field has a rule: what each role may do, tried at each field of the schema.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import { type Identity, ROLES, type Role } from '../../src/access/identity.ts';
import { buildSchema } from '../../src/schema/index.ts';

const schema = buildSchema();

/** Fields that a reader may not use, by the role that they need. */
const NEED_MORE: Partial<Record<Role, string[]>> = {
  writer: [
    'cancelImport',
    'commitImport',
    'correctRows',
    'createProduct',
    'deleteImport',
    'deleteImportProfile',
    'deleteProduct',
    'deleteProducts',
    'importProducts',
    'inspectFile',
    'retryImport',
    'saveImportProfile',
    'undoImport',
    'updateProduct',
    'updateProducts',
  ],
  admin: [
    'addDataSource',
    'confirmDataSourceDeletion',
    'pauseDataSource',
    'removeDataSource',
    'resumeDataSource',
    'syncDataSource',
    'updateDataSource',
  ],
};

const ROOTS = [
  schema.getQueryType(),
  schema.getMutationType(),
  schema.getSubscriptionType(),
] as GraphQLObjectType[];

/** The code with which the field refuses who has this role; undefined if it lets them in. */
async function refusal(parentType: GraphQLObjectType, fieldName: string, role: Role | undefined) {
  const field = parentType.getFields()[fieldName];
  const identity: Identity = { id: 'token:1', name: 'Test', role };
  const run = field?.subscribe ?? field?.resolve;
  try {
    await run?.(undefined, {}, { identity }, { parentType, fieldName } as GraphQLResolveInfo);
  } catch (error) {
    // Who is let in gets further, but not far without arguments and services.
    const { code } = error as { code?: string };
    if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return code;
  }
  return undefined;
}

test('every root field has a rule: what each role may do', async () => {
  const isEnough = (role: Role, needed: Role) => ROLES.indexOf(role) >= ROLES.indexOf(needed);
  const found: Partial<Record<Role, string[]>> = { writer: [], admin: [] };
  for (const type of ROOTS) {
    for (const name of Object.keys(type.getFields()).toSorted()) {
      assert.equal(await refusal(type, name, undefined), 'UNAUTHENTICATED', name);
      const needed = ROLES.find((role) => NEED_MORE[role]?.includes(name)) ?? 'reader';
      if (needed !== 'reader') found[needed]?.push(name);
      for (const role of ROLES) {
        const code = await refusal(type, name, role);
        assert.equal(code, isEnough(role, needed) ? undefined : 'FORBIDDEN', `${name} as ${role}`);
      }
    }
  }
  assert.deepEqual(found, NEED_MORE, 'the list has fields that the schema does not have');
});
