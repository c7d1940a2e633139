// For the address of a data source that there is not, or not any more.

import { Button } from '@mantine/core';
import type { CombinedError } from 'urql';
import { Link } from 'wouter';
import { EmptyState } from '../../components/layout/empty-state.tsx';
import { Page } from '../../components/layout/page.tsx';

export function SourceNotFound() {
  return (
    <Page title="Source not found">
      <EmptyState
        title="There is no source at this address"
        actions={
          <Button component={Link} href="/sources">
            See all sources
          </Button>
        }
      >
        It may have been removed; its products are still in the catalogue. Or the address is incomplete, or
        belongs to another server.
      </EmptyState>
    </Page>
  );
}

/** Whether the server says that what the address has is no id at all. */
export function isInvalidId(error: CombinedError | undefined): boolean {
  return error?.graphQLErrors.some(({ extensions }) => extensions['code'] === 'BAD_USER_INPUT') ?? false;
}
