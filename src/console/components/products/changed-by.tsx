// When a product was changed, and by which import.

import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { type ImportState, importTitle } from '../../api/import-state.ts';
import { Time } from '../display/time.tsx';

interface ChangedByProps {
  at: string;
  /** Null for an edit, or if that is unknown. */
  by: Pick<ImportState, 'id' | 'kind' | 'fileName'> | null;
  /** Without an import. */
  otherwise?: string;
}

export function ChangedBy({ at, by, otherwise = 'by an edit' }: ChangedByProps) {
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
    </>
  );
}
