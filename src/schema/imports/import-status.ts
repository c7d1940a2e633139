// How far an import is, and what it waits for.

import { builder } from '../builder.ts';

export const ImportStatusRef = builder.enumType('ImportStatus', {
  description: 'The status of an import. COMPLETED, FAILED and CANCELLED are final.',
  values: {
    RECEIVING: { description: 'The file is being uploaded. Its rows are already being read.' },
    LOADING: { description: 'The file is complete and safely on disk. The remaining rows are being read.' },
    READY: {
      description:
        'The import was started with `preview` and is waiting for `commitImport` or `cancelImport`, until `expiresAt`. All rows have been read, and none has been merged; see `preview`.',
    },
    MERGING: {
      description:
        'All rows have been read and are being merged into the catalogue, a few thousand at a time. At the end, database statistics are refreshed.',
    },
    COMPLETED: { description: 'The import has finished, and every row is accounted for.' },
    FAILED: {
      description:
        'The import has failed; see `error`. If it had not reached MERGING, no product was changed.',
    },
    CANCELLED: {
      description:
        'The import was cancelled by a client, or was READY for too long; then `error` is PREVIEW_EXPIRED. If it had not reached MERGING, no product was changed.',
    },
  },
});

export const ImportKindRef = builder.enumType('ImportKind', {
  description: 'Where the changes of an import come from.',
  values: {
    UPLOAD: { description: 'A file that a client has sent.' },
    SOURCE: { description: 'A data source; see `source`.' },
    UNDO: { description: 'Former versions of products: it undoes another import; see `undoes`.' },
    CORRECTION: { description: 'Rejected rows of another import, corrected; see `corrects`.' },
  },
});

export const ImportWaitRef = builder.enumType('ImportWait', {
  description: 'What an import is waiting for, other than its client.',
  values: {
    DATABASE: { description: 'The database is unavailable. The import keeps retrying.' },
    MERGE_TURN: { description: 'Another import is merging.' },
    IMPORT_LIMIT: {
      description: 'The server is already working on the maximum number of imports (`MAX_ACTIVE_IMPORTS`).',
    },
    SPOOL: { description: 'The server that received the file is down, and no other server has the file.' },
  },
});
