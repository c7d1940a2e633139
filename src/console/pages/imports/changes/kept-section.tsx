// The products that an undo left alone, and what had changed each of them since.

import { Anchor, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { useFreshQuery } from '../../../api/api.tsx';
import { CHANGE_LABELS } from '../../../api/product-change.ts';
import { ListPage } from '../../../components/list/list-page.tsx';
import { type PageInfo, ShowMore } from '../../../components/list/show-more.tsx';
import { ChangedBy } from '../../../components/products/changed-by.tsx';
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
  onLoaded(next: PageInfo): void;
}

function KeptPage({ id, after, onLoaded }: KeptPageProps) {
  const [{ data, error }, refetch] = useFreshQuery({
    query: KeptProducts,
    variables: { id, after, first: PAGE_SIZE },
  });
  return (
    <ListPage
      connection={data?.import?.keptProducts}
      error={error}
      what="the kept products"
      rows={4}
      rowHeight={36}
      onRetry={() => refetch({ requestPolicy: 'network-only' })}
      onLoaded={onLoaded}
    >
      {({ nodes }) => (
        <Table aria-label="Kept products" style={{ overflowWrap: 'anywhere' }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>SKU</Table.Th>
              <Table.Th>Changed since</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {nodes.map(({ sku, kind, changedAt, changedBy }) => (
              <Table.Tr key={sku}>
                <Table.Td>
                  <Anchor component={Link} href={productPath(sku)} ff="monospace" size="sm">
                    {sku}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">
                    {CHANGE_LABELS[kind]} <ChangedBy at={changedAt} by={changedBy} />
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </ListPage>
  );
}
