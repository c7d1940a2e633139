// The GraphQL documents of the source pages.

import { graphql, type ResultOf, type VariablesOf } from '../../api/graphql.ts';
import { ImportFields } from '../../api/live/import-state.ts';

/** Only fields that are cheap to load, as they are sent on every change. */
const SourceFields = graphql(`
  fragment SourceFields on DataSource {
    id
    name
    kind
    url
    intervalSeconds
    mode
    maxDeletedShare
    delimiter
    encoding
    quoting
    skipInitialSpace
    sheet
    profile
    onDuplicate
    keepColumns
    mapping {
      column
      field
    }
    defaults {
      field
      value
    }
    maxRejectedRows
    state
    error {
      code
      message
    }
    consecutiveFailures
    lastCheckAt
    lastChangeAt
    lastImportAt
    nextCheckAt
    createdAt
    updatedAt
  }
`);

export type Source = ResultOf<typeof SourceFields>;
export type SourceState = Source['state'];
export type SourceKind = Source['kind'];
export type SourceMode = Source['mode'];

export const Sources = graphql(
  `
    query Sources($first: Int, $after: String, $last: Int, $before: String) {
      dataSources(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          ...SourceFields
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
  [SourceFields],
);

/** A separate query, because counting is slower than loading the list. */
export const SourceCounts = graphql(`
  query SourceCounts($first: Int, $after: String, $last: Int, $before: String) {
    dataSources(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
        productCount
      }
    }
  }
`);

const SourceDetailFields = graphql(
  `
    fragment SourceDetailFields on DataSource {
      ...SourceFields
      headerNames
      heldProductCount
      currentImport {
        ...ImportFields
      }
      lastImport {
        ...ImportFields
      }
      deletionToConfirm {
        importId
        products
        of
        skus
        isConfirmed
      }
    }
  `,
  [SourceFields, ImportFields],
);

export type SourceDetails = ResultOf<typeof SourceDetailFields>;
export type Deletion = NonNullable<SourceDetails['deletionToConfirm']>;

export const SourceById = graphql(
  `
    query SourceById($id: ID!) {
      dataSource(id: $id) {
        ...SourceDetailFields
      }
    }
  `,
  [SourceDetailFields],
);

/** A separate query, because counting is slower than loading the rest. */
export const SourceCount = graphql(`
  query SourceCount($id: ID!) {
    dataSource(id: $id) {
      id
      productCount
    }
  }
`);

export const SourceChanges = graphql(
  `
    subscription SourceChanges($id: ID) {
      dataSourceChanged(id: $id) {
        ...SourceFields
      }
    }
  `,
  [SourceFields],
);

export const AddSource = graphql(
  `
    mutation AddSource($input: AddDataSourceInput!) {
      addDataSource(input: $input) {
        ...SourceFields
      }
    }
  `,
  [SourceFields],
);

export const UpdateSource = graphql(
  `
    mutation UpdateSource($id: ID!, $input: UpdateDataSourceInput!) {
      updateDataSource(id: $id, input: $input) {
        ...SourceFields
      }
    }
  `,
  [SourceFields],
);

export type SourceInput = VariablesOf<typeof AddSource>['input'];
export type SourceChangesInput = VariablesOf<typeof UpdateSource>['input'];

export const CheckSource = graphql(
  `
    mutation CheckSource($id: ID!) {
      syncDataSource(id: $id) {
        ...SourceFields
      }
    }
  `,
  [SourceFields],
);

export const PauseSource = graphql(
  `
    mutation PauseSource($id: ID!) {
      pauseDataSource(id: $id) {
        ...SourceFields
      }
    }
  `,
  [SourceFields],
);

export const ResumeSource = graphql(
  `
    mutation ResumeSource($id: ID!) {
      resumeDataSource(id: $id) {
        ...SourceFields
      }
    }
  `,
  [SourceFields],
);

export const RemoveSource = graphql(`
  mutation RemoveSource($id: ID!) {
    removeDataSource(id: $id) {
      id
      name
    }
  }
`);

export const ConfirmDeletion = graphql(
  `
    mutation ConfirmDeletion($id: ID!, $importId: ID!) {
      confirmDataSourceDeletion(id: $id, importId: $importId) {
        ...SourceFields
      }
    }
  `,
  [SourceFields],
);
