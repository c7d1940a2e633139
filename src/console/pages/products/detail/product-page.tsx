// Finds a product by its SKU and edits it.

import { Anchor, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useFreshQuery } from '../../../api/api.tsx';
import { Time } from '../../../components/display/time.tsx';
import { EmptyState } from '../../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { Needs } from '../../../components/layout/needs.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { useQueryParams } from '../../../hooks/use-query-params.ts';
import { ProductBySku } from '../documents.ts';
import { HistorySection } from './history-section.tsx';
import { ProductEditor } from './product-editor.tsx';

export default function ProductPage() {
  const params = useQueryParams();
  const sku = params.get('sku');
  return (
    <Page
      title="Edit a product"
      windowTitle={sku || 'Edit a product'}
      description={
        <>
          <Anchor component={Link} href="/products" inherit underline="always">
            Products
          </Anchor>{' '}
          / Edit by SKU
        </>
      }
    >
      <SkuForm sku={sku} onFind={(wanted) => params.set({ sku: wanted })} />
      {sku && <FoundProduct key={sku} sku={sku} />}
    </Page>
  );
}

function SkuForm({ sku, onFind }: { sku: string; onFind(sku: string): void }) {
  const [text, setText] = useState(sku);
  useEffect(() => setText(sku), [sku]);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text) onFind(text);
  }
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="sm">
        <TextInput
          label="SKU"
          description="The exact SKU, including upper and lower case."
          flex="1 1 16rem"
          maw="36rem"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" variant="default">
          Find
        </Button>
      </Group>
    </form>
  );
}

function FoundProduct({ sku }: { sku: string }) {
  const [, navigate] = useLocation();
  const [{ data, error }, refetch] = useFreshQuery({
    query: ProductBySku,
    variables: { sku },
    // Editing a stale product would cause a conflict.
    requestPolicy: 'network-only',
  });
  const product = data?.product;
  if (error && !data) {
    return <ErrorAlert title="The product could not be loaded" error={error} onRetry={() => refetch()} />;
  }
  if (!data) return <Loading rows={4} rowHeight={52} what="the product" />;
  if (!product) {
    return (
      <Stack gap="lg">
        <EmptyState
          title={`No product has the SKU “${sku}”`}
          actions={
            <>
              <Button
                component={Link}
                variant="default"
                href={`/products?${new URLSearchParams({ q: sku })}`}
              >
                Search for “{sku}”
              </Button>
              <Needs access="WRITER">
                <Button component={Link} variant="default" href="/products/new">
                  New product
                </Button>
              </Needs>
            </>
          }
        >
          Upper and lower case make a difference in a SKU.
        </EmptyState>
        <HistorySection sku={sku} />
      </Stack>
    );
  }
  return (
    <Stack gap="lg">
      <Paper withBorder p="md" component="section" aria-label={`Product ${sku}`}>
        <Stack gap="md">
          <Group justify="space-between" gap="xs">
            <Text ff="monospace" fw={600} style={{ overflowWrap: 'anywhere' }}>
              {sku}
            </Text>
            <Text size="sm" c="dimmed">
              Updated <Time iso={product.updatedAt} isFocusable />
            </Text>
          </Group>
          <ProductEditor
            product={product}
            onClose={() => navigate('/products')}
            onDeleted={() => navigate('/products', { replace: true })}
          />
        </Stack>
      </Paper>
      <HistorySection sku={sku} updatedAt={product.updatedAt} />
    </Stack>
  );
}
