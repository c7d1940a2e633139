// Catches a page that throws, or whose code fails to load. The rest of the console keeps working.

import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { EmptyState } from './empty-state.tsx';
import { Page } from './page.tsx';

interface ErrorBoundaryProps {
  children: ReactNode;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    // Does not reload automatically, as this tab may be uploading files.
    return (
      <Page title="This page could not be loaded">
        <EmptyState
          title="The server may be unavailable, or the console has been updated since you opened this tab"
          actions={<Button onClick={() => location.reload()}>Reload the page</Button>}
        />
      </Page>
    );
  }
}
