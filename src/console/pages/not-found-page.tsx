// Shown for unknown addresses.

import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { EmptyState } from '../components/layout/empty-state.tsx';
import { Page } from '../components/layout/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <EmptyState
        title="There is no page at this address"
        actions={
          <Button component={Link} href="/">
            Go to Import
          </Button>
        }
      >
        The address may be mistyped, or the page may have been removed.
      </EmptyState>
    </Page>
  );
}
