// The products, with search as you type, pagination and inline editing.

import { Button, Checkbox, Group, NativeSelect, Pill, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { useFreshQuery } from '../../../api/api.tsx';
import { EmptyState } from '../../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { Needs } from '../../../components/layout/needs.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { ExportButton } from '../../../components/list/export-button.tsx';
import { FIRST_PAGE, Pager, pageVariables } from '../../../components/list/pager.tsx';
import { retryList } from '../../../components/list/retry-list.ts';
import { SearchInput } from '../../../components/list/search-input.tsx';
import { useQueryParams } from '../../../hooks/use-query-params.ts';
import { useRefreshOnChange } from '../../../hooks/use-refresh-on-change.ts';
import { useMay } from '../../../hooks/use-session.ts';
import { pluralize } from '../../../utils/format.ts';
import { type Product, Products, ProductTotal } from '../documents.ts';
import { SelectionBar } from './many/selection-bar.tsx';
import { useSelection } from './many/use-selection.ts';
import { NothingFound } from './nothing-found.tsx';
import { ORDER_CHOICES, orderChoice } from './product-order.ts';
import { ProductTable } from './product-table.tsx';

const PAGE_SIZE = 50;
const REFRESH_INTERVAL_MS = 1000;

export default function ProductsPage() {
  const params = useQueryParams();
  const mayEdit = useMay('WRITER');
  const search = params.get('q');
  const name = params.get('name');
  const isInDescription = params.get('descriptions') !== '';
  const { value: order, order: orderBy } = orderChoice(params.get('order'));
  const filter = {
    ...(search && { words: search, inDescription: isInDescription }),
    ...(name && { name }),
  };
  const [{ data, error, fetching }, refetch] = useFreshQuery({
    query: Products,
    variables: { ...pageVariables(params, PAGE_SIZE), filter, orderBy },
  });
  const [{ data: counted, fetching: counting }, refetchCounts] = useFreshQuery({
    query: ProductTotal,
    variables: { filter },
  });
  const [editing, setEditing] = useState<Product>();
  const selection = useSelection(filter);
  useRefreshOnChange(
    () => {
      refetch({ requestPolicy: 'network-only' });
      refetchCounts({ requestPolicy: 'network-only' });
    },
    fetching || counting,
    REFRESH_INTERVAL_MS,
  );

  const connection = data?.products;
  const total = counted?.products.totalCount;
  const retry = () => retryList(error, refetch, () => params.set(FIRST_PAGE, { replace: true }));
  function onDeleted(): void {
    setEditing(undefined);
    refetch({ requestPolicy: 'network-only' });
    // The row that had the focus is gone.
    document.querySelector<HTMLElement>('main h1')?.focus();
  }
  const isFiltered = search !== '' || name !== '';
  const showAll = () => params.set({ q: null, name: null, descriptions: null, ...FIRST_PAGE });
  const lookInDescriptions = (wanted: boolean) =>
    params.set({ descriptions: wanted ? 'yes' : null, ...FIRST_PAGE });
  return (
    <Page
      title="Products"
      description="The catalogue. Search for any part of a SKU or a name, or for several words in any order. Upper and lower case make no difference."
      actions={
        <>
          <ExportButton
            what={isFiltered ? 'the products found' : 'all products'}
            path="/products"
            parameters={{ filter }}
          />
          <Button component={Link} href="/products/edit" variant="default">
            {mayEdit ? 'Edit by SKU' : 'Find by SKU'}
          </Button>
          <Needs access="WRITER">
            <Button component={Link} href="/products/new">
              New product
            </Button>
          </Needs>
        </>
      }
    >
      <Stack gap="sm">
        <Group justify="space-between">
          <SearchInput label="Search by SKU or name" placeholder="SKU or name" busy={fetching} />
          <Checkbox
            label="In descriptions too"
            checked={isInDescription}
            onChange={({ currentTarget }) => lookInDescriptions(currentTarget.checked)}
          />
          <NativeSelect
            aria-label="Sort by"
            value={order}
            onChange={({ currentTarget }) => params.set({ order: currentTarget.value, ...FIRST_PAGE })}
            data={ORDER_CHOICES.map(({ value, label }) => ({ value, label }))}
          />
          <Pager label="products" pageInfo={connection?.pageInfo} />
        </Group>
        <Group gap="sm" mih={28}>
          <Text size="sm" c="dimmed" role="status">
            {total === undefined
              ? 'Counting…'
              : `${pluralize(total, 'product')}${isFiltered ? ' found' : ''}`}
          </Text>
          {name && (
            <Pill
              withRemoveButton
              removeButtonProps={{
                'aria-label': `Remove the filter on the name ${name}`,
                'aria-hidden': false,
                tabIndex: 0,
              }}
              onRemove={() => params.set({ name: null, ...FIRST_PAGE })}
            >
              Name: {name}
            </Pill>
          )}
        </Group>
      </Stack>
      {error && !connection && (
        <ErrorAlert title="The products could not be loaded" error={error} onRetry={retry} />
      )}
      {!connection && !error && <Loading rows={12} rowHeight={44} what="the products" />}
      {mayEdit && (
        <SelectionBar
          selection={selection}
          total={total}
          onEdited={() => {
            refetch({ requestPolicy: 'network-only' });
            refetchCounts({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {connection && (connection.nodes.length > 0 || editing) && (
        <ProductTable
          products={connection.nodes}
          selection={selection}
          editing={editing}
          onEdit={setEditing}
          onDeleted={onDeleted}
        />
      )}
      {connection?.nodes.length === 0 &&
        !editing &&
        (isFiltered ? (
          <NothingFound
            search={search}
            name={name}
            isInDescription={isInDescription}
            onLookInDescriptions={() => lookInDescriptions(true)}
            onShowAll={showAll}
          />
        ) : (
          <EmptyState
            title="The catalogue is empty"
            actions={
              <Needs access="WRITER">
                <Button component={Link} href="/">
                  Import products
                </Button>
              </Needs>
            }
          >
            Import a file, or create products one by one. The Import page offers a sample file to try.
          </EmptyState>
        ))}
      {connection && connection.nodes.length > 20 && (
        <Group justify="flex-end">
          <Pager label="products, below the list" pageInfo={connection.pageInfo} />
        </Group>
      )}
    </Page>
  );
}
