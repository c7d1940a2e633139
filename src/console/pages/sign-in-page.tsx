// The address of signing in, for those who are signed in already, or need not be.

import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { EmptyState } from '../components/layout/empty-state.tsx';
import { Page } from '../components/layout/page.tsx';
import { useSession } from '../hooks/use-session.ts';

export default function SignInPage() {
  const { viewer } = useSession();
  return (
    <Page title="Sign in">
      <EmptyState
        title={viewer?.name ? `You are signed in as ${viewer.name}` : 'You need not sign in'}
        actions={
          <Button component={Link} href="/">
            Go to the start page
          </Button>
        }
      >
        {viewer?.name
          ? 'To use another token, sign out first: the menu with this name has it.'
          : 'This server asks for no token.'}
      </EmptyState>
    </Page>
  );
}
