// `updated_at` of a product, which also identifies its version.

/**
 * The new `updated_at` of a product that is being changed: now, but at least one millisecond later than before. Clients
 * see milliseconds, so two changes within one would look like the same version; and now() is the start of the
 * transaction, which can be before a change that another one has committed since. It is calculated in UTC, as a node of a
 * cluster may look up no other time zone. drizzle/0030_edits_on_nodes.sql has the same expression.
 */
export const NEXT_VERSION = nextVersion('products.updated_at', 'now()');

/** @param now an expression */
export function nextVersion(updatedAt: string, now: string): string {
  return `greatest(${now}, (date_trunc('milliseconds', ${updatedAt} AT TIME ZONE 'UTC') + interval '1 millisecond') AT TIME ZONE 'UTC')`;
}
