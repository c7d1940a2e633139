// Shown for unknown addresses.

import { Button } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { EmptyState } from '../components/layout/empty-state.tsx';
import { Page } from '../components/layout/page.tsx';

const PAGES = [
  { href: '/', label: 'Import' },
  { href: '/imports', label: 'Import history' },
  { href: '/sources', label: 'Sources' },
  { href: '/products', label: 'Products' },
  { href: '/names', label: 'Names' },
];

export function NotFoundPage() {
  const [path] = useLocation();
  return (
    <Page title="Page not found">
      <EmptyState
        title={`There is no page at “${path}”`}
        actions={PAGES.map(({ href, label }) => (
          <Button key={href} component={Link} href={href} variant="default">
            {label}
          </Button>
        ))}
      >
        The address may be mistyped, or the page may have been removed. These pages are there:
      </EmptyState>
    </Page>
  );
}
