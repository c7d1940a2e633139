// Who uses the console: the bearer of a token, kept in a cookie that scripts cannot read; or anyone, if the server asks for
// none.

import type { Client } from 'urql';
import { graphql, type ResultOf } from './graphql.ts';

const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      name
      role
    }
  }
`);

type Viewer = ResultOf<typeof ViewerQuery>['viewer'];
export type Role = Viewer['role'];

export interface SessionState {
  /** The last one who was known; undefined before that. */
  viewer: Viewer | undefined;
  /** Whether the server asks for a token. */
  isSignedOut: boolean;
}

const SESSION_PATH = '/session';
const ROLES: readonly Role[] = ['READER', 'WRITER', 'ADMIN'];

export class Session {
  readonly #client: Client;
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { viewer: undefined, isSignedOut: false };

  constructor(client: Client) {
    this.#client = client;
  }

  /** Stays the same object until something changes. */
  get state(): SessionState {
    return this.#state;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks the server who this is. */
  async check(): Promise<void> {
    const { data } = await this.#client.query(ViewerQuery, {}, { requestPolicy: 'network-only' }).toPromise();
    if (data) this.#set({ viewer: data.viewer, isSignedOut: false });
  }

  /** The server has refused a request because it has no valid token. */
  end(): void {
    if (!this.#state.isSignedOut) this.#set({ ...this.#state, isSignedOut: true });
  }

  /** @returns why the token was refused; undefined if it was not */
  async signIn(token: string): Promise<{ code: string; message: string } | undefined> {
    const response = await fetch(SESSION_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    }).catch(() => undefined);
    if (!response) return { code: 'CONNECTION_LOST', message: 'The server cannot be reached right now.' };
    if (!response.ok) return refusalOf(await response.text());
    await this.check();
    return undefined;
  }

  async signOut(): Promise<void> {
    await fetch(SESSION_PATH, { method: 'DELETE' });
    // Nothing of what was shown stays in memory, nor a connection.
    location.assign('/sign-in');
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Until the viewer is known, nothing is withheld: the server decides. */
export function mayAct({ viewer }: SessionState, role: Role): boolean {
  return !viewer || ROLES.indexOf(viewer.role) >= ROLES.indexOf(role);
}

function refusalOf(body: string): { code: string; message: string } {
  try {
    const [error] = (JSON.parse(body) as { errors: { message: string; extensions: { code: string } }[] })
      .errors;
    if (error) return { code: error.extensions.code, message: error.message };
  } catch {
    // As an answer of a proxy.
  }
  return { code: 'INTERNAL', message: 'The server did not understand this. Try again in a moment.' };
}
