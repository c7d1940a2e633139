// A change of a product as pages show it.

import { graphql, type ResultOf } from './graphql.ts';

export const ChangeFields = graphql(`
  fragment ChangeFields on ProductChange {
    sku
    kind
    at
    author
    import {
      id
      kind
      fileName
    }
    isImportDeleted
    before {
      name
      description
      attributes
    }
    after {
      name
      description
      attributes
    }
  }
`);

export type ProductChange = ResultOf<typeof ChangeFields>;
export type ChangeKind = ProductChange['kind'];

export const CHANGE_LABELS: Record<ChangeKind, string> = {
  INSERTED: 'Inserted',
  UPDATED: 'Updated',
  DELETED: 'Deleted',
};
