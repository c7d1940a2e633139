// Shown for a data source that does not exist or has been removed.

import { Button } from '@mantine/core';
import type { CombinedError } from 'urql';
import { Link } from 'wouter';
import { EmptyState } from '../../components/layout/empty-state.tsx';
import { Page } from '../../components/layout/page.tsx';

export function SourceNotFound({ id }: { id: string }) {
  return (
    <Page title="Source not found">
      <EmptyState
        title={`There is no source with the ID “${id}”`}
        actions={
          <Button component={Link} href="/sources">
            Show all sources
          </Button>
        }
      >
        The source may have been removed, in which case its products are still in the catalogue. Or the
        address may be incomplete, or belong to another server.
      </EmptyState>
    </Page>
  );
}

/** Whether the server rejected the id as malformed. */
export function isInvalidId(error: CombinedError | undefined): boolean {
  return error?.graphQLErrors.some(({ extensions }) => extensions['code'] === 'BAD_USER_INPUT') ?? false;
}
