// The values that a product had, and who changed them, newest first.

import { Anchor, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { useFreshQuery } from '../../api/api.tsx';
import { importTitle } from '../../api/import-state.ts';
import { CHANGE_LABELS, type ProductChange } from '../../api/product-change.ts';
import { ErrorAlert } from '../../components/layout/error-alert.tsx';
import { Loading } from '../../components/layout/loading.tsx';
import { ShowMore } from '../../components/list/show-more.tsx';
import { ChangeList } from '../../components/products/change-list.tsx';
import { formatDateTime } from '../../utils/format.ts';
import { HistoryOfProduct } from './documents.ts';

const PAGE_SIZE = 10;

export function HistorySection({ sku, updatedAt }: { sku: string; updatedAt?: string }) {
  return (
    <Stack gap="sm" component="section" aria-labelledby="history">
      <Title order={2} id="history">
        History
      </Title>
      <ShowMore
        key={updatedAt}
        label="Show older changes"
        page={(after, onLoaded) => <HistoryPage sku={sku} after={after} onLoaded={onLoaded} />}
      />
    </Stack>
  );
}

interface HistoryPageProps {
  sku: string;
  after: string | null;
  onLoaded(next: { hasNextPage: boolean; endCursor: string | null }): void;
}

function HistoryPage({ sku, after, onLoaded }: HistoryPageProps) {
  const [{ data, error }, refetch] = useFreshQuery({
    query: HistoryOfProduct,
    variables: { sku, after, first: PAGE_SIZE },
    requestPolicy: 'network-only',
  });
  const history = data?.productHistory;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each answer
  useEffect(() => {
    if (history) onLoaded(history.pageInfo);
  }, [history]);
  if (error && !history)
    return <ErrorAlert title="The history could not be loaded" error={error} onRetry={() => refetch()} />;
  if (!history) return <Loading rows={3} rowHeight={84} what="the history" />;
  if (history.nodes.length === 0) return <Text size="sm">Nothing is known of this SKU.</Text>;
  return (
    <ChangeList
      label="History"
      changes={history.nodes.map((change, index) => ({
        key: `${change.at} ${index}`,
        sku,
        kind: CHANGE_LABELS[change.kind],
        note: <Origin change={change} />,
        before: change.before,
        after: change.after,
      }))}
    />
  );
}

function Origin({ change }: { change: ProductChange }) {
  const { at } = change;
  return (
    <>
      {formatDateTime(at)}{' '}
      {change.import ? (
        <>
          by{' '}
          <Anchor component={Link} href={`/imports/${change.import.id}`} inherit underline="always">
            {importTitle(change.import)}
          </Anchor>
        </>
      ) : (
        // An insertion may also be the oldest version that is known.
        change.kind !== 'INSERTED' && 'by an edit'
      )}
    </>
  );
}
