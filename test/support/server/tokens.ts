// Access tokens for tests.

import { newToken } from '../../../src/access/access-token.ts';
import type { Role } from '../../../src/access/identity.ts';
import { AccessTokenStore } from '../../../src/db/access/access-token-store.ts';
import type { Database } from '../../../src/db/postgres/connection/database.ts';

export interface TestToken {
  id: string;
  name: string;
  /** As a client sends it. */
  text: string;
}

export async function makeToken(
  database: Database,
  role: Role,
  { name = `the ${role}`, expiresAt = null }: { name?: string; expiresAt?: Date | null } = {},
): Promise<TestToken> {
  const { id, hash, text } = newToken();
  const added = await new AccessTokenStore(database).add({ id, name, role, hash, expiresAt });
  if (!added) throw new Error(`There is a token ${name} already.`);
  return { id, name, text };
}

export async function revokeToken(database: Database, { id }: TestToken): Promise<void> {
  await new AccessTokenStore(database).revoke(id);
}
