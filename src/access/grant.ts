// What somebody was let in with: who they are, and for how long.

import type { Identity } from './identity.ts';

export interface Grant {
  identity: Identity;
  /** In milliseconds since the epoch; undefined: it does not expire. */
  expiresAt?: number | undefined;
  /** The ID of the access token; undefined for others, which cannot be revoked here. */
  tokenId?: string;
}
