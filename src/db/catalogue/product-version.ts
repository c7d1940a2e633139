// `updated_at` of a product, which also identifies its version.

/**
 * The new `updated_at` of a product that is being changed: now, but at least one millisecond later than before. Clients
 * see milliseconds, so two changes within one would look like the same version; and now() is the start of the
 * transaction, which can be before a change that another one has committed since. drizzle/0018_attributes.sql has
 * the same expression.
 */
export const NEXT_VERSION =
  "greatest(now(), date_trunc('milliseconds', products.updated_at) + interval '1 millisecond')";
