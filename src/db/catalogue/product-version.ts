// When a product was last changed, which is also what tells its versions apart.

/**
 * The `updated_at` of a product that is being changed: now, but in every case a later millisecond than before.
 * Clients see milliseconds. Two changes within one would look like the same version, and the start of a long
 * transaction, which is its now(), may lie before a change that was made meanwhile.
 */
export const NEXT_VERSION =
  "greatest(now(), date_trunc('milliseconds', products.updated_at) + interval '1 millisecond')";
