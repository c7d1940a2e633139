// Why an import cannot be retried, and what to do instead.

import type { ImportRecord } from '../../db/imports/import-record.ts';
import { LoadstoneError } from '../../errors.ts';

export function retryRefusal({ status, errorCode, undoes, sourceId }: ImportRecord): LoadstoneError {
  const is = `The import is ${status}${errorCode ? ` (${errorCode})` : ''}`;
  if (status !== 'FAILED' && status !== 'CANCELLED') {
    const way = status === 'READY' ? ': it waits for commitImport or cancelImport' : '';
    return new LoadstoneError('NOT_RETRYABLE', `${is}. It has not failed${way}.`);
  }
  if (undoes) {
    const message = `${is}. It is an undo, which goes on when the import ${undoes} is undone again, with undoImport.`;
    return new LoadstoneError('NOT_RETRYABLE', message, { details: { undoes } });
  }
  const way = sourceId
    ? 'Its data source fetches the content again at the next check; to check now, use syncDataSource.'
    : 'Its file is not kept. Send the file again.';
  return new LoadstoneError('NOT_RETRYABLE', `${is}. ${way}`);
}
