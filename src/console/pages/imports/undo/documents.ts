// The GraphQL documents about undoing an import.

import { graphql } from '../../../api/graphql.ts';
import { ImportFields } from '../../../api/live/import-state.ts';

export const UndoOfImport = graphql(`
  query UndoOfImport($id: ID!) {
    import(id: $id) {
      id
      undoneBy {
        id
        status
      }
      undoes {
        id
        fileName
        createdAt
        kind
      }
    }
  }
`);

export const UndoPreview = graphql(`
  query UndoPreview($id: ID!) {
    undoPreview(id: $id) {
      inserted
      updated
      deleted
      kept
    }
  }
`);

export const UndoImport = graphql(
  `
    mutation UndoImport($id: ID!) {
      undoImport(id: $id) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);
