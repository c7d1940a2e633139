// What only some may do: shown to them, and to others left out or explained.

import { Alert } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Role } from '../../api/session.ts';
import { useMay } from '../../hooks/use-session.ts';

interface NeedsProps {
  access: Role;
  /** For those who may not. Default: nothing. */
  otherwise?: ReactNode;
  children: ReactNode;
}

export function Needs({ access, otherwise = null, children }: NeedsProps) {
  return useMay(access) ? children : otherwise;
}

/** @param what that the token does not allow, such as "import files" */
export function LookOnly({ what }: { what: string }) {
  return (
    <Alert color="gray" title="You can look, but not change this" role="note">
      Your access does not allow you to {what}. If you need to, ask whoever runs the server for another token.
    </Alert>
  );
}
