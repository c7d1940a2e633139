// Tells clients apart where each has a limit of its own: a signed-in one by its token, others by their address.

import type { IncomingMessage } from 'node:http';
import { type Identity, isAnonymous } from '../../access/identity.ts';
import { clientAddress, networkOf } from './client-address.ts';

export interface Client {
  /** Normalized by `normalizeRequest`. */
  req: IncomingMessage;
  identity: Identity;
}

export function clientKey({ req, identity }: Client): string {
  return isAnonymous(identity) ? networkOf(clientAddress(req)) : identity.id;
}
