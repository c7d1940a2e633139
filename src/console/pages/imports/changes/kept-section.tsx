// The products that an undo left alone, and what had changed each of them since.

import { Anchor, Stack, Table, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { useFreshQuery } from '../../../api/api.tsx';
import { importTitle } from '../../../api/import-state.ts';
import { CHANGE_LABELS } from '../../../api/product-change.ts';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { ShowMore } from '../../../components/list/show-more.tsx';
import { formatDateTime } from '../../../utils/format.ts';
import { productPath } from '../../../utils/product-paths.ts';
import { KeptProducts } from './documents.ts';

const PAGE_SIZE = 50;

export function KeptSection({ id }: { id: string }) {
  return (
    <Stack gap="sm" component="section" aria-labelledby="kept">
      <div>
        <Title order={2} id="kept">
          Kept products
        </Title>
        <Text size="sm" c="dimmed">
          They were changed again after the import, so the undo left them as they are.
        </Text>
      </div>
      <ShowMore
        label="Show more kept products"
        page={(after, onLoaded) => <KeptPage id={id} after={after} onLoaded={onLoaded} />}
      />
    </Stack>
  );
}

interface KeptPageProps {
  id: string;
  after: string | null;
  onLoaded(next: { hasNextPage: boolean; endCursor: string | null }): void;
}

function KeptPage({ id, after, onLoaded }: KeptPageProps) {
  const [{ data, error }, refetch] = useFreshQuery({
    query: KeptProducts,
    variables: { id, after, first: PAGE_SIZE },
  });
  const kept = data?.import?.keptProducts;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each answer
  useEffect(() => {
    if (kept) onLoaded(kept.pageInfo);
  }, [kept]);
  if (error && !kept) {
    return (
      <ErrorAlert
        title="The products could not be loaded"
        error={error}
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  }
  if (!kept) return <Loading rows={4} rowHeight={36} what="the kept products" />;
  return (
    <Table aria-label="Kept products" style={{ overflowWrap: 'anywhere' }}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>SKU</Table.Th>
          <Table.Th>Changed since</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {kept.nodes.map(({ sku, kind, changedAt, changedBy }) => (
          <Table.Tr key={sku}>
            <Table.Td>
              <Anchor component={Link} href={productPath(sku)} ff="monospace" size="sm">
                {sku}
              </Anchor>
            </Table.Td>
            <Table.Td>
              <Text size="sm">
                {CHANGE_LABELS[kind]} {formatDateTime(changedAt)}{' '}
                {changedBy ? (
                  <>
                    by{' '}
                    <Anchor component={Link} href={`/imports/${changedBy.id}`} inherit underline="always">
                      {importTitle(changedBy)}
                    </Anchor>
                  </>
                ) : (
                  'by an edit'
                )}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
