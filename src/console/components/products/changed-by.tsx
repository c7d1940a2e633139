// When a product was changed, by which import, and by whom.

import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { type ImportState, importTitle } from '../../api/live/import-state.ts';
import { Time } from '../display/time.tsx';

interface ChangedByProps {
  at: string;
  /** Null for an edit, or if that is unknown. */
  by: Pick<ImportState, 'id' | 'kind' | 'fileName'> | null;
  /** The name of who made the edit, or started the import; null if that is unknown. */
  author?: string | null;
  /** Without an import. */
  otherwise?: string;
}

export function ChangedBy({ at, by, author, otherwise = 'by an edit' }: ChangedByProps) {
  return (
    <>
      <Time iso={at} />{' '}
      {by ? (
        <>
          by{' '}
          <Anchor component={Link} href={`/imports/${by.id}`} inherit underline="always">
            {importTitle(by)}
          </Anchor>
        </>
      ) : (
        otherwise
      )}
      {author && ` (${author})`}
    </>
  );
}
