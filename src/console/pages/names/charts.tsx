// The two charts of the names page. The chart library is loaded when they are first shown.

import { Paper, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, Suspense, useId } from 'react';
import { useLocation } from 'wouter';
import { useFreshQuery } from '../../api/api.tsx';
import { ErrorAlert } from '../../components/layout/error-alert.tsx';
import { useRefreshOnChange } from '../../hooks/use-refresh-on-change.ts';
import { lazyComponent } from '../../utils/lazy-component.ts';
import { productsWithNamePath } from '../../utils/product-paths.ts';
import { NameCharts } from './documents.ts';

const TopNames = lazyComponent(() => import('./top-names.tsx'));
const Histogram = lazyComponent(() => import('./histogram.tsx'));

const TOP = 10;
/** In pixels. */
const HEIGHT = 300;
const REFRESH_INTERVAL_MS = 1000;

export function Charts() {
  const [, navigate] = useLocation();
  const [{ data, error, fetching }, refetch] = useFreshQuery({ query: NameCharts, variables: { top: TOP } });
  useRefreshOnChange(() => refetch({ requestPolicy: 'network-only' }), fetching, REFRESH_INTERVAL_MS);
  if (error && !data) {
    return <ErrorAlert title="The charts could not be loaded" error={error} onRetry={() => refetch()} />;
  }
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <ChartCard title="Most frequent names" subtitle="Number of products with each name">
        {data && (
          <TopNames
            names={data.top.nodes}
            height={HEIGHT}
            onChoose={(name) => navigate(productsWithNamePath(name))}
          />
        )}
      </ChartCard>
      <ChartCard
        title="Names by number of products"
        subtitle="How many names have 1, 2, 3 … products, on a logarithmic scale"
      >
        {data && <Histogram buckets={data.histogram} height={HEIGHT} />}
      </ChartCard>
    </SimpleGrid>
  );
}

interface ChartCardProps {
  title: string;
  subtitle: string;
  /** Undefined while the data is loading. */
  children: ReactNode;
}

function ChartCard({ title, subtitle, children }: ChartCardProps) {
  const id = useId();
  const placeholder = <Skeleton height={HEIGHT} />;
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Stack gap="sm">
        <div>
          <Title order={2} size="h3" id={id}>
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {subtitle}
          </Text>
        </div>
        <Suspense fallback={placeholder}>{children || placeholder}</Suspense>
      </Stack>
    </Paper>
  );
}
