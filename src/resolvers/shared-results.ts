// Subscriptions whose results are shared by all subscribers that send the same operation.

import type { Context } from './context.ts';

/**
 * The extension of such a subscription field. The field must send the same objects to all subscribers, and what it returns
 * may depend only on them, on the operation, and on the request through `contextOfSharedResults`.
 */
export const SHARED_RESULTS = { sharedResults: true } as const;

/**
 * The context in which shared results are resolved: what is the same for all requests, `baseUrl`, and the role. Subscribers
 * share results only if all of this is equal. Only the role may decide what a client sees, not its name.
 */
export function contextOfSharedResults({ services, baseUrl, identity }: Context): Context {
  // Not the signal: the client that asks first may be the first to leave.
  return { services, baseUrl, identity: { id: 'shared', name: 'shared', role: identity.role } };
}
