// The GraphQL documents of a preview.

import { graphql, type ResultOf } from '../../../api/graphql.ts';
import { ImportFields } from '../../../api/live/import-state.ts';

export const PreviewById = graphql(`
  query PreviewById($id: ID!) {
    import(id: $id) {
      id
      preview {
        asOf
        rows {
          read
          inserted
          updated
          unchanged
          superseded
          rejected
          deleted
          kept
        }
        namesChanged
        names {
          name
          countNow
          countThen
        }
        samples {
          kind
          line
          sku
          winningLine
          before {
            name
            description
            attributes
            isCut
          }
          after {
            name
            description
            attributes
            isCut
          }
        }
      }
    }
  }
`);

export const CommitImport = graphql(
  `
    mutation CommitImport($id: ID!) {
      commitImport(id: $id) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);

type PreviewResult = NonNullable<ResultOf<typeof PreviewById>['import']>;
export type Preview = NonNullable<PreviewResult['preview']>;
export type PreviewSample = Preview['samples'][number];
export type SampleKind = PreviewSample['kind'];
