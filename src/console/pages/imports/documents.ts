// The GraphQL documents of the import pages.

import { graphql, type ResultOf } from '../../api/graphql.ts';
import { ImportFields } from '../../api/import-state.ts';

export const ImportHistory = graphql(
  `
    query ImportHistory($first: Int, $after: String, $last: Int, $before: String, $filter: ImportFilter) {
      imports(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        nodes {
          ...ImportFields
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

export const IssueCounts = graphql(`
  query IssueCounts($id: ID!) {
    import(id: $id) {
      id
      issueCounts {
        kind
        code
        count
      }
    }
  }
`);

export const Issues = graphql(`
  query Issues(
    $id: ID!
    $first: Int
    $after: String
    $last: Int
    $before: String
    $kind: RowIssueKind
    $code: RowIssueCode
  ) {
    import(id: $id) {
      id
      issues(first: $first, after: $after, last: $last, before: $before, kind: $kind, code: $code) {
        nodes {
          kind
          line
          column
          code
          message
          record
          recordIsWhole
          winningLine
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`);

type IssuesResult = NonNullable<ResultOf<typeof Issues>['import']>;
export type Issue = IssuesResult['issues']['nodes'][number];
export type IssueKind = Issue['kind'];

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
