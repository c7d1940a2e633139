// A page of a `ShowMore` list, or why there is none.

import { type ReactNode, useEffect } from 'react';
import type { CombinedError } from 'urql';
import { ErrorAlert } from '../layout/error-alert.tsx';
import { Loading } from '../layout/loading.tsx';
import type { PageInfo } from './show-more.tsx';

interface ListPageProps<Connection> {
  /** Of the answer, once it is there. */
  connection: Connection | undefined;
  error: CombinedError | undefined;
  /** What is listed, such as "the changes". */
  what: string;
  /** The height of the page while it loads: a number of rows, each in pixels. */
  rows: number;
  rowHeight: number;
  onRetry(): void;
  onLoaded(next: PageInfo): void;
  children(connection: Connection): ReactNode;
}

export function ListPage<Connection extends { pageInfo: PageInfo }>(props: ListPageProps<Connection>) {
  const { connection, error, what, rows, rowHeight, onRetry, onLoaded, children } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each answer
  useEffect(() => {
    if (connection) onLoaded(connection.pageInfo);
  }, [connection]);
  if (connection) return children(connection);
  const title = `T${what.slice(1)} could not be loaded`;
  return error ? (
    <ErrorAlert title={title} error={error} onRetry={onRetry} />
  ) : (
    <Loading rows={rows} rowHeight={rowHeight} what={what} />
  );
}
