// Asks for a token when the server does. What was being edited is kept, out of sight, until then.

import { Box } from '@mantine/core';
import type { ReactNode } from 'react';
import { useSession } from '../hooks/use-session.ts';
import { SignIn } from './sign-in.tsx';

export function SessionGate({ children }: { children: ReactNode }) {
  const { viewer, isSignedOut } = useSession();
  return (
    <>
      {isSignedOut && <SignIn isAgain={viewer !== undefined} />}
      {(!isSignedOut || viewer) && <Box hidden={isSignedOut}>{children}</Box>}
    </>
  );
}
