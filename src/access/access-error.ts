// Why a request is refused: nobody is known to send it, or whoever does may not do that.

import { LoadstoneError } from '../errors.ts';
import type { Identity, Role } from './identity.ts';

/** @param what is refused, such as the name of a field */
export function accessError(
  { name, role }: Identity,
  what: string,
  needed: Role | undefined,
): LoadstoneError {
  if (role === undefined) return unauthenticated('This server needs an access token.');
  const message = `${what} needs the role ${needed}, and ${name} has the role ${role}. Use a token with the role ${needed}.`;
  return new LoadstoneError('FORBIDDEN', message);
}

/** @param reason a sentence */
export function unauthenticated(reason: string): LoadstoneError {
  return new LoadstoneError('UNAUTHENTICATED', `${reason} ${SEND_TOKEN}`);
}

const SEND_TOKEN = 'Send a valid one in the header "Authorization: Bearer TOKEN", or sign in at /sign-in.';
