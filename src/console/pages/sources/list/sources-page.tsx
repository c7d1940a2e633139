// The data sources with their states, updated live.

import { Button, Group } from '@mantine/core';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { useFreshQuery } from '../../../api/api.tsx';
import { EmptyState } from '../../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { Needs } from '../../../components/layout/needs.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { FIRST_PAGE, Pager, pageVariables } from '../../../components/list/pager.tsx';
import { retryList } from '../../../components/list/retry-list.ts';
import { useQueryParams } from '../../../hooks/use-query-params.ts';
import { SourceCounts, Sources } from '../documents.ts';
import { useSourceChanges } from '../use-source-changes.ts';
import { SourceTable } from './source-table.tsx';

const PAGE_SIZE = 25;
const NO_SOURCES: never[] = [];

export default function SourcesPage() {
  const params = useQueryParams();
  const variables = pageVariables(params, PAGE_SIZE);
  const [{ data, error, fetching }, refetch] = useFreshQuery({ query: Sources, variables });
  const [{ data: counted, fetching: counting }, refetchCounts] = useFreshQuery({
    query: SourceCounts,
    variables,
  });
  const connection = data?.dataSources;
  const withChanges = useSourceChanges({
    fetched: connection?.nodes ?? NO_SOURCES,
    refresh() {
      refetch({ requestPolicy: 'network-only' });
      refetchCounts({ requestPolicy: 'network-only' });
    },
    busy: fetching || counting,
  });
  const sources = connection?.nodes.map(withChanges).filter(({ state }) => state !== 'REMOVED');
  const counts = useMemo(
    () => new Map(counted?.dataSources.nodes.map(({ id, productCount }) => [id, productCount])),
    [counted],
  );
  const retry = () => retryList(error, refetch, () => params.set(FIRST_PAGE, { replace: true }));
  const isOnFirstPage = !variables.after && !variables.before;
  return (
    <Page
      title="Sources"
      description="Product files hosted elsewhere. They are checked regularly, and changes are imported automatically."
      actions={
        <Needs access="ADMIN">
          <Button component={Link} href="/sources/new">
            Add a source
          </Button>
        </Needs>
      }
    >
      {(connection?.pageInfo.hasNextPage || connection?.pageInfo.hasPreviousPage) && (
        <Group justify="flex-end">
          <Pager label="sources" pageInfo={connection.pageInfo} />
        </Group>
      )}
      {error && !connection && (
        <ErrorAlert title="The sources could not be loaded" error={error} onRetry={retry} />
      )}
      {!connection && !error && <Loading rows={6} rowHeight={64} what="the sources" />}
      {sources && sources.length > 0 && <SourceTable sources={sources} counts={counts} />}
      {sources?.length === 0 &&
        (isOnFirstPage ? (
          <EmptyState
            title="No sources yet"
            actions={
              <Needs access="ADMIN">
                <Button component={Link} href="/sources/new">
                  Add your first source
                </Button>
              </Needs>
            }
          >
            Add the address of a product file, for example of a shop or supplier. The file is imported
            immediately and again whenever it changes.
          </EmptyState>
        ) : (
          <EmptyState
            title="No sources on this page"
            actions={
              <Button variant="default" onClick={() => params.set(FIRST_PAGE)}>
                Go to the first page
              </Button>
            }
          />
        ))}
    </Page>
  );
}
