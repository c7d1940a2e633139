// The GraphQL documents of the import pages.

import { graphql } from '../../api/graphql.ts';
import { ImportFields } from '../../api/live/import-state.ts';

export const ImportHistory = graphql(
  `
    query ImportHistory($first: Int, $after: String, $last: Int, $before: String, $filter: ImportFilter) {
      imports(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        nodes {
          ...ImportFields
          correctionCount
          correctedRows
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  `,
  [ImportFields],
);

export const Warnings = graphql(`
  query Warnings($id: ID!) {
    import(id: $id) {
      id
      warnings {
        code
        message
      }
    }
  }
`);

export const CorrectedImport = graphql(`
  query CorrectedImport($id: ID!) {
    import(id: $id) {
      id
      corrects {
        id
        fileName
        createdAt
      }
    }
  }
`);

export const DeleteImport = graphql(`
  mutation DeleteImport($id: ID!) {
    deleteImport(id: $id) {
      id
    }
  }
`);
