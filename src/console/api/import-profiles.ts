// Saved ways of reading files.

import { graphql, type ResultOf } from './graphql.ts';

const ProfileFields = graphql(`
  fragment ProfileFields on ImportProfile {
    id
    name
    encoding
    delimiter
    quoting
    skipInitialSpace
    sheet
    onDuplicate
    maxRejectedRows
    keepColumns
    mapping {
      column
      field
    }
    defaults {
      field
      value
    }
  }
`);

export type ImportProfile = ResultOf<typeof ProfileFields>;

export const ImportProfiles = graphql(
  `
    query ImportProfiles {
      importProfiles(first: 500) {
        nodes {
          ...ProfileFields
        }
      }
    }
  `,
  [ProfileFields],
);

export const SaveImportProfile = graphql(
  `
    mutation SaveImportProfile($input: ImportProfileInput!) {
      saveImportProfile(input: $input) {
        ...ProfileFields
      }
    }
  `,
  [ProfileFields],
);

export const DeleteImportProfile = graphql(`
  mutation DeleteImportProfile($id: ID!) {
    deleteImportProfile(id: $id) {
      id
    }
  }
`);
