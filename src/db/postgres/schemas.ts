// The schemas of the database beside `public`.

export const STAGING_SCHEMA = 'loadstone_staging';
