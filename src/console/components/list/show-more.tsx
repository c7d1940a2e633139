// A list that is loaded page by page, below each other. Each page is a component, which says whether there are more.

import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';

export interface PageInfo {
  hasNextPage: boolean;
  endCursor: string | null;
}

interface ShowMoreProps {
  /** What more is shown of, for the button. */
  label: string;
  /** Renders the page after a cursor, and calls `onLoaded` with what follows it. */
  page(after: string | null, onLoaded: (next: PageInfo) => void): ReactNode;
}

export function ShowMore({ label, page }: ShowMoreProps) {
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const [next, setNext] = useState<PageInfo>();
  return (
    <>
      {cursors.map((after, index) => (
        <div key={after}>{page(after, index === cursors.length - 1 ? setNext : () => {})}</div>
      ))}
      {next?.hasNextPage && (
        <Button
          variant="default"
          w="fit-content"
          onClick={() => {
            setCursors([...cursors, next.endCursor]);
            setNext(undefined);
          }}
        >
          {label}
        </Button>
      )}
    </>
  );
}
