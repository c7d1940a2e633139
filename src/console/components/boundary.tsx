// Catches what breaks in a page, and its code that does not come: the rest of the console stays, and says what to do.

import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { Page } from './page.tsx';
import { Empty } from './states.tsx';

interface BoundaryProps {
  children: ReactNode;
}

export class Boundary extends Component<BoundaryProps, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    // Not by itself: files may be on their way from this tab.
    return (
      <Page title="This page did not load">
        <Empty
          title="The server may be away, or the console has a new version since this tab was opened"
          actions={<Button onClick={() => location.reload()}>Load it again</Button>}
        />
      </Page>
    );
  }
}
