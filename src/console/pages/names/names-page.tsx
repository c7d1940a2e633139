// How many products share each name, as charts and as a searchable list, updated while imports run.

import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useFreshQuery } from '../../api/api.tsx';
import { EmptyState } from '../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../components/layout/error-alert.tsx';
import { Loading } from '../../components/layout/loading.tsx';
import { Page } from '../../components/layout/page.tsx';
import { ExportButton } from '../../components/list/export-button.tsx';
import { FIRST_PAGE, Pager, pageVariables } from '../../components/list/pager.tsx';
import { retryList } from '../../components/list/retry-list.ts';
import { SearchInput } from '../../components/list/search-input.tsx';
import { useQueryParams } from '../../hooks/use-query-params.ts';
import { useRefreshOnChange } from '../../hooks/use-refresh-on-change.ts';
import { pluralize } from '../../utils/format.ts';
import { splitWords } from '../../utils/split-words.ts';
import { Charts } from './charts.tsx';
import { Names, NameTotal } from './documents.ts';
import { NameTable } from './name-table.tsx';

const PAGE_SIZE = 50;
const REFRESH_INTERVAL_MS = 500;
const BY_NAME = 'name';

export default function NamesPage() {
  const params = useQueryParams();
  const search = params.get('q');
  const order = params.get('order') === BY_NAME ? BY_NAME : '';
  const filter = search ? { words: search } : {};
  const [{ data, error, fetching }, refetch] = useFreshQuery({
    query: Names,
    variables: {
      ...pageVariables(params, PAGE_SIZE),
      orderBy: order === BY_NAME ? ('NAME_ASC' as const) : ('COUNT_DESC' as const),
      filter,
    },
  });
  const [{ data: counted, fetching: counting }, refetchCounts] = useFreshQuery({
    query: NameTotal,
    variables: { filter },
  });
  useRefreshOnChange(
    () => {
      refetch({ requestPolicy: 'network-only' });
      refetchCounts({ requestPolicy: 'network-only' });
    },
    fetching || counting,
    REFRESH_INTERVAL_MS,
  );

  const connection = data?.productCountsByName;
  const total = counted?.productCountsByName.totalCount;
  const retry = () => retryList(error, refetch, () => params.set(FIRST_PAGE, { replace: true }));
  const isEmpty = connection?.nodes.length === 0;
  return (
    <Page
      title="Names"
      description="How many products share a name. The counts are always exact, and change live while an import runs."
      actions={
        <ExportButton
          what={search ? 'the names found' : 'all names'}
          path="/names"
          parameters={{ filter, orderBy: order === BY_NAME ? 'NAME_ASC' : '' }}
        />
      }
    >
      {!(isEmpty && !search) && <Charts />}
      <Stack gap="sm" component="section" aria-label="All names">
        <Group justify="space-between">
          <Group gap="sm" flex="1 1 16rem">
            <SearchInput label="Search names" placeholder="Words, or parts of them" busy={fetching} />
            <SegmentedControl
              aria-label="Order"
              value={order}
              onChange={(value) => params.set({ order: value, ...FIRST_PAGE })}
              data={[
                { value: '', label: 'Most frequent first' },
                { value: BY_NAME, label: 'By name' },
              ]}
            />
          </Group>
          <Pager label="names" pageInfo={connection?.pageInfo} />
        </Group>
        <Text size="sm" c="dimmed" role="status" mih={22}>
          {total === undefined ? 'Counting…' : `${pluralize(total, 'name')}${search ? ' found' : ''}`}
        </Text>
        {error && !connection && (
          <ErrorAlert title="The names could not be loaded" error={error} onRetry={retry} />
        )}
        {!connection && !error && <Loading rows={12} rowHeight={40} what="the names" />}
        {connection && !isEmpty && <NameTable names={connection.nodes} />}
        {isEmpty &&
          (search ? (
            <EmptyState
              title="No names found"
              actions={
                <Button variant="default" onClick={() => params.set({ q: null, ...FIRST_PAGE })}>
                  Show all
                </Button>
              }
            >
              No name has {splitWords(search).length > 1 ? 'each of the words' : 'the text'} “{search}” in it.
              Try fewer words, or parts of them.
            </EmptyState>
          ) : (
            <EmptyState
              title="There are no names yet"
              actions={
                <Button component={Link} href="/">
                  Import products
                </Button>
              }
            >
              Names appear when products are imported. The Import page offers a sample file to try.
            </EmptyState>
          ))}
        {connection && connection.nodes.length > 20 && (
          <Group justify="flex-end">
            <Pager label="names, below the list" pageInfo={connection.pageInfo} />
          </Group>
        )}
      </Stack>
    </Page>
  );
}
