// The kinds, modes and states of data sources.

import { builder } from '../builder.ts';

export const DataSourceKindRef = builder.enumType('DataSourceKind', {
  description: 'How Loadstone checks whether a data source has changed.',
  values: {
    HTTP: {
      description:
        'A file at an HTTP or HTTPS address. It has changed if its `ETag` has changed, or without one its `Last-Modified` header, or without both its content.',
    },
    SENSE_READ: {
      description:
        'A server that answers `GET /sense` with 1 (changed) or 0 (unchanged) and `GET /read` with the data. The URL is the base address of both.',
    },
  },
});

export const DataSourceModeRef = builder.enumType('DataSourceMode', {
  description: 'What happens to products that a data source no longer contains.',
  values: {
    UPSERT: { description: 'They are kept.' },
    REPLACE: {
      description:
        'They are deleted, unless another data source also contains them or an upload has imported them since.',
    },
  },
});

export const DataSourceStateRef = builder.enumType('DataSourceState', {
  description: 'The current state of a data source.',
  values: {
    IDLE: { description: 'Waiting for the next check.' },
    CHECKING: { description: 'Being checked for changes.' },
    FETCHING: { description: 'Its content is being downloaded.' },
    IMPORTING: { description: 'Its content is being imported; see `currentImport`.' },
    FAILING: {
      description: 'The last check or import failed; see `error`. It is retried at `nextCheckAt`.',
    },
    CONFIRMATION_NEEDED: {
      description:
        'Its content would delete too many products; see `deletionToConfirm`. Checks continue in the meantime.',
    },
    PAUSED: { description: 'Not checked until it is resumed.' },
    REMOVED: { description: 'Removed. Only sent by `dataSourceChanged`.' },
  },
});
