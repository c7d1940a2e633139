// The text of an access token: its ID, by which it is found, and a secret, of which only a hash is stored.

import { hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { isUuid } from '../db/postgres/sql/is-uuid.ts';

export interface TokenSecret {
  id: string;
  hash: Buffer;
}

/** By which people and scanners of secrets recognize it. */
const PREFIX = 'loadstone_';
const SECRET_BYTES = 32;
/** 32 hex digits of the ID, then the secret in base64url. */
const FORM = /^loadstone_([\da-f]{8})([\da-f]{4})([\da-f]{4})([\da-f]{4})([\da-f]{12})_([\w-]{43})$/;

export function newToken(): TokenSecret & { text: string } {
  const id = randomUUID();
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, hash: hashOf(secret), text: `${PREFIX}${id.replaceAll('-', '')}_${secret}` };
}

/** @returns undefined if the text does not have the form of a token */
export function parseToken(text: string): TokenSecret | undefined {
  const [, ...parts] = FORM.exec(text) ?? [];
  const secret = parts.pop();
  return secret === undefined ? undefined : { id: parts.join('-'), hash: hashOf(secret) };
}

/** Takes the same time wherever they differ. */
export function isSameSecret(given: Buffer, stored: Buffer): boolean {
  return timingSafeEqual(given, stored);
}

const MAX_NAME_LENGTH = 200;

/** @returns what is wrong with the name of a token */
export function nameFault(name: string): string | undefined {
  if (name.trim() === '') return 'must not be blank';
  if (name.length > MAX_NAME_LENGTH) return `must have at most ${MAX_NAME_LENGTH} characters`;
  if (/\p{C}/u.test(name)) return 'must not have control characters or others that cannot be seen';
  if (isUuid(name)) return 'must not be a UUID, as the IDs of tokens are';
  return undefined;
}

function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
