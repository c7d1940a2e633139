// The state of an import as the console uses it, and the documents that query and change it.

import { graphql, type ResultOf } from '../graphql.ts';

export const ImportFields = graphql(`
  fragment ImportFields on Import {
    id
    kind
    fileName
    status
    source {
      id
      name
    }
    bytesReceived
    bytesTotal
    bytesProcessed
    percent
    rowsPerSecond
    etaSeconds
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
    columns
    ignoredColumns
    delimiter
    encoding
    quoting
    skipInitialSpace
    error {
      code
      message
    }
    waitingFor
    waitingReason
    retryableUntil
    expiresAt
    createdAt
    createdBy
    startedAt
    finishedAt
    updatedAt
    revision
    issuesUrl
  }
`);

export type ImportState = ResultOf<typeof ImportFields>;
export type ImportStatus = ImportState['status'];
export type ImportRows = ImportState['rows'];

export const ImportById = graphql(
  `
    query ImportById($id: ID!) {
      import(id: $id) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);

export const ImportProgress = graphql(
  `
    subscription ImportProgress {
      importProgress {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);

export const CancelImport = graphql(
  `
    mutation CancelImport($id: ID!) {
      cancelImport(id: $id) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);

export const RetryImport = graphql(
  `
    mutation RetryImport($id: ID!) {
      retryImport(id: $id) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);

/** Of an undo or a correction, the file is that of the import that it undoes or corrects. */
export function importTitle({ kind, fileName }: Pick<ImportState, 'kind' | 'fileName'>): string {
  if (kind === 'UNDO') return `Undo of ${fileName}`;
  return kind === 'CORRECTION' ? `Correction of ${fileName}` : fileName;
}

/** Whether something is being done, or waited for, other than a decision of the user. */
export function isRunning(state: Pick<ImportState, 'status'>): boolean {
  return !hasEnded(state) && state.status !== 'READY';
}

export function hasEnded({ status }: Pick<ImportState, 'status'>): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}
