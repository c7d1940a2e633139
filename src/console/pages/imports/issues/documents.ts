// The GraphQL documents of the issues of an import, and of their correction.

import { graphql, type ResultOf, type VariablesOf } from '../../../api/graphql.ts';
import { ImportFields } from '../../../api/live/import-state.ts';

export const IssueCounts = graphql(`
  query IssueCounts($id: ID!) {
    import(id: $id) {
      id
      correctedRows
      correctionCount
      corrects {
        id
      }
      issueCounts {
        kind
        code
        count
        kept
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
          values
          correction {
            status
            import {
              id
            }
            rows {
              values
              issue {
                code
                column
                message
              }
            }
          }
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

export const CorrectRows = graphql(
  `
    mutation CorrectRows($id: ID!, $rows: [RowToCorrect!]!, $correctionId: ID!) {
      correctRows(id: $id, rows: $rows, correctionId: $correctionId) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);

type IssuesResult = NonNullable<ResultOf<typeof Issues>['import']>;
export type Issue = IssuesResult['issues']['nodes'][number];
export type IssueKind = Issue['kind'];
export type RowToCorrect = VariablesOf<typeof CorrectRows>['rows'][number];
