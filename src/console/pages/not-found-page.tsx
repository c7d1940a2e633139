// For addresses that lead nowhere.

import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { Page } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';

export function NotFoundPage() {
  return (
    <Page title="Nothing is here">
      <Empty
        title="There is no page at this address"
        actions={
          <Button component={Link} href="/">
            Go to Import
          </Button>
        }
      >
        It may have been typed wrongly, or led to something that has been removed.
      </Empty>
    </Page>
  );
}
