// Who is signed in, and the way out. Nothing where the server asks for no token.

import { Button, Menu } from '@mantine/core';
import { useApi } from '../api/api.tsx';
import type { Role } from '../api/session.ts';
import { useSession } from '../hooks/use-session.ts';
import { useLeaveGuard } from '../leaving/guard-context.ts';

const MAY: Record<Role, string> = {
  READER: 'May look at everything',
  WRITER: 'May import and edit',
  ADMIN: 'May do everything',
};

export function Account() {
  const { viewer, isSignedOut } = useSession();
  if (isSignedOut || !viewer?.name) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-md" maw="12rem" visibleFrom="sm">
          {viewer.name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <AccountItems />
      </Menu.Dropdown>
    </Menu>
  );
}

/** For a menu. */
export function AccountItems() {
  const { session } = useApi();
  const { viewer, isSignedOut } = useSession();
  const guard = useLeaveGuard();
  if (isSignedOut || !viewer?.name) return null;
  return (
    <>
      <Menu.Label>{`${viewer.name}: ${MAY[viewer.role]}`}</Menu.Label>
      <Menu.Item onClick={() => guard.leave(() => void session.signOut())}>Sign out</Menu.Item>
    </>
  );
}
