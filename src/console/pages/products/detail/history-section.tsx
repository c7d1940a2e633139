// The values that a product had, and who changed them, newest first.

import { Stack, Text, Title } from '@mantine/core';
import { useFreshQuery } from '../../../api/api.tsx';
import { CHANGE_LABELS, type ProductChange } from '../../../api/product-change.ts';
import { ListPage } from '../../../components/list/list-page.tsx';
import { type PageInfo, ShowMore } from '../../../components/list/show-more.tsx';
import { ChangeList, type ListedChange } from '../../../components/products/change-list.tsx';
import { ChangedBy } from '../../../components/products/changed-by.tsx';
import { HistoryOfProduct } from '../documents.ts';

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
  onLoaded(next: PageInfo): void;
}

function HistoryPage({ sku, after, onLoaded }: HistoryPageProps) {
  const [{ data, error }, refetch] = useFreshQuery({
    query: HistoryOfProduct,
    variables: { sku, after, first: PAGE_SIZE },
    requestPolicy: 'network-only',
  });
  return (
    <ListPage
      connection={data?.productHistory}
      error={error}
      what="the history"
      rows={3}
      rowHeight={84}
      onRetry={refetch}
      onLoaded={onLoaded}
    >
      {({ nodes }) =>
        nodes.length === 0 ? (
          <Text size="sm">Nothing is known of this SKU.</Text>
        ) : (
          <ChangeList label="History" changes={nodes.map(listed)} />
        )
      }
    </ListPage>
  );
}

function listed(change: ProductChange, index: number): ListedChange {
  const { sku, kind, at, import: by, author, isImportDeleted, before, after } = change;
  // An insertion may also be the oldest version that is known.
  const otherwise = isImportDeleted ? 'by an import that was deleted' : kind === 'INSERTED' ? '' : undefined;
  return {
    key: `${at} ${index}`,
    sku,
    kind: CHANGE_LABELS[kind],
    note: <ChangedBy at={at} by={by} author={author} {...(otherwise !== undefined && { otherwise })} />,
    before,
    after,
  };
}
