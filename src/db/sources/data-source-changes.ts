// What changes of a client set in the row of a data source, besides what they are about.

import { sql as raw } from 'drizzle-orm';
import { dataSources } from '../tables.ts';
import { WRITTEN } from './source-rows.ts';

export const CHANGED_BY_CLIENT = {
  clientRevision: raw`${dataSources.clientRevision} + 1` as unknown as number,
  ...WRITTEN,
};

/** Resets what was found out about a source, as its content is now another. */
export const RESET = {
  revision: raw`${dataSources.revision} + 1` as unknown as number,
  validators: null,
  refusedValidators: null,
  deletionImportId: null,
  deletionConfirmed: false,
  mustFetch: true,
  failures: 0,
  errorCode: null,
  errorMessage: null,
};
