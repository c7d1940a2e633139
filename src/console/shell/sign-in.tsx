// Signing in with a token.

import { Button, Paper, PasswordInput, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { useApi } from '../api/api.tsx';
import { ErrorAlert } from '../components/layout/error-alert.tsx';
import { Page } from '../components/layout/page.tsx';
import { plainError } from '../utils/errors/plain-message.ts';

/** @param isAgain whether somebody was signed in before */
export function SignIn({ isAgain }: { isAgain: boolean }) {
  const { session } = useApi();
  const [path, navigate] = useLocation();
  const [token, setToken] = useState('');
  const [isPending, setPending] = useState(false);
  const [message, setMessage] = useState('');
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setPending(true);
    const refusal = await session.signIn(token.trim());
    setPending(false);
    setMessage(refusal ? plainError(refusal) : '');
    if (!refusal && path === '/sign-in') navigate('/', { replace: true });
  }
  return (
    <Page
      title="Sign in"
      description={
        isAgain
          ? 'Your access has ended. Sign in again to go on where you were.'
          : 'This server asks for an access token. Whoever runs it can give you one.'
      }
    >
      <Paper withBorder p="md" maw="32rem">
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="md" align="flex-start">
            <PasswordInput
              label="Access token"
              autoComplete="current-password"
              w="100%"
              required
              withAsterisk={false}
              value={token}
              onChange={({ currentTarget }) => setToken(currentTarget.value)}
            />
            {message && <ErrorAlert title="You are not signed in" error={message} />}
            <Button type="submit" loading={isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Page>
  );
}
