// Previous and next buttons of a list with cursor pagination. The cursor is kept in the query string.

import { Button, Group } from '@mantine/core';
import { type QueryParams, useQueryParams } from '../../hooks/use-query-params.ts';
import { NextIcon, PreviousIcon } from '../display/icons.tsx';

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

/** The pagination arguments of the page that the query string selects. */
export function pageVariables(params: QueryParams, size: number): PageVariables {
  const before = params.get('before');
  if (before) return { last: size, before };
  const after = params.get('after');
  return after ? { first: size, after } : { first: size };
}

/** Query parameters that return to the first page, for when a filter changes. */
export const FIRST_PAGE = { after: null, before: null };

interface PagerProps {
  /** What the list contains, for screen readers. */
  label: string;
  pageInfo: PageInfo | undefined;
}

export function Pager({ label, pageInfo }: PagerProps) {
  const params = useQueryParams();
  const { hasPreviousPage, hasNextPage, startCursor, endCursor } = pageInfo ?? {};
  if (!hasPreviousPage && !hasNextPage) return null;
  return (
    <Group component="nav" aria-label={`Pages of ${label}`} gap="xs" wrap="nowrap">
      <Button
        variant="default"
        size="sm"
        leftSection={<PreviousIcon size={16} />}
        disabled={!hasPreviousPage}
        onClick={() => params.set({ after: null, before: startCursor ?? null })}
      >
        Previous
      </Button>
      <Button
        variant="default"
        size="sm"
        rightSection={<NextIcon size={16} />}
        disabled={!hasNextPage}
        onClick={() => params.set({ before: null, after: endCursor ?? null })}
      >
        Next
      </Button>
    </Group>
  );
}
