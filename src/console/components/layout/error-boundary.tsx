// Catches a page that throws, or whose code does not load. The rest of the console keeps working.

import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { LoadError } from '../../utils/lazy-component.ts';
import { EmptyState } from './empty-state.tsx';
import { Page } from './page.tsx';
import { UnloadedPage } from './unloaded-page.tsx';

interface ErrorBoundaryProps {
  children: ReactNode;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, { error: Error | undefined }> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    if ((error as Error) instanceof LoadError) return <UnloadedPage />;
    // Does not reload automatically, as the page would probably fail again.
    return (
      <Page title="This page cannot be shown">
        <EmptyState
          title="Something went wrong on this page"
          actions={<Button onClick={() => location.reload()}>Reload the page</Button>}
        >
          The other pages work. If reloading does not help, tell whoever runs the server which page it is.
        </EmptyState>
      </Page>
    );
  }
}
