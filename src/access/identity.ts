// Who sends a request, and what a role allows.

/** In ascending order: each role may do what those before it may. */
export const ROLES = ['reader', 'writer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who sends a request. */
export interface Identity {
  /** `token:ID` of an access token, `jwt:SUBJECT` of an identity provider; `anonymous` without either. */
  id: string;
  /** For people: in the log, and beside what was changed. */
  name: string;
  /** Undefined: may do nothing. */
  role: Role | undefined;
}

const ANONYMOUS = { id: 'anonymous', name: 'anonymous' };

/** Whoever reaches a server with open access. */
export const ANYONE: Identity = { ...ANONYMOUS, role: 'admin' };

/** Whoever sends no credentials to a server that requires them. */
export const STRANGER: Identity = { ...ANONYMOUS, role: undefined };

/** Whether it is not known who sends the request, whatever they may do. */
export function isAnonymous({ id }: Identity): boolean {
  return id === ANONYMOUS.id;
}

/** The name under which what they change is recorded; null if they are not known. */
export function authorOf(identity: Identity): string | null {
  return isAnonymous(identity) ? null : identity.name;
}

export function hasRole({ role }: Identity, needed: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
