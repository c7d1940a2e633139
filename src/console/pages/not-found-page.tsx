// For addresses that lead nowhere.

import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { Page } from '../components/layout/page.tsx';
import { Empty } from '../components/layout/states.tsx';

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <Empty
        title="There is no page at this address"
        actions={
          <Button component={Link} href="/">
            Go to Import
          </Button>
        }
      >
        The address may be mistyped, or the page may have been removed.
      </Empty>
    </Page>
  );
}
