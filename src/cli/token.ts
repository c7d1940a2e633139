// The token with which a command uses a server.

import { UsageError } from './run-command.ts';

/** For the arguments of commands that use a server. */
export const TOKEN_OPTION = { token: { type: 'string' } } as const;

const VARIABLE = 'LOADSTONE_TOKEN';
/** What the header Authorization can hold (RFC 6750). */
const FORM = /^[\w.~+/-]+=*$/;

/**
 * @param given in the arguments, where other users of the machine can see it; else that of the environment
 * @returns undefined if there is none
 * @throws UsageError if it cannot be a token
 */
export function tokenFrom(given: string | undefined): string | undefined {
  const token = (given ?? process.env[VARIABLE])?.trim();
  if (!token) return undefined;
  if (FORM.test(token)) return token;
  throw new UsageError(
    `${given === undefined ? VARIABLE : '--token'} is not a token: it has other characters.`,
  );
}
