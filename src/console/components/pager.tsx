// Previous and next of a list that is read by cursors, which are kept in the address.

import { Button, Group } from '@mantine/core';
import { type Address, useAddress } from './address.ts';
import { NextIcon, PreviousIcon } from './icons.tsx';

interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

export interface PageVariables {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

/** The page that the address asks for, as arguments of a connection. */
export function pageVariables(address: Address, size: number): PageVariables {
  const before = address.get('before');
  if (before) return { last: size, before };
  const after = address.get('after');
  return after ? { first: size, after } : { first: size };
}

/** What to set in the address to be at the beginning of a list again, after its filter changed. */
export const FIRST_PAGE = { after: null, before: null };

interface PagerProps {
  /** What is paged through, for those who hear the buttons. */
  label: string;
  pageInfo: PageInfo | undefined;
}

export function Pager({ label, pageInfo }: PagerProps) {
  const address = useAddress();
  const { hasPreviousPage, hasNextPage, startCursor, endCursor } = pageInfo ?? {};
  if (!hasPreviousPage && !hasNextPage) return null;
  return (
    <Group component="nav" aria-label={`Pages of ${label}`} gap="xs" wrap="nowrap">
      <Button
        variant="default"
        size="sm"
        leftSection={<PreviousIcon size={16} />}
        disabled={!hasPreviousPage}
        onClick={() => address.set({ after: null, before: startCursor ?? null })}
      >
        Previous
      </Button>
      <Button
        variant="default"
        size="sm"
        rightSection={<NextIcon size={16} />}
        disabled={!hasNextPage}
        onClick={() => address.set({ before: null, after: endCursor ?? null })}
      >
        Next
      </Button>
    </Group>
  );
}
