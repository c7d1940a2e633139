// How many names have one product, two, three and so on. The scale is logarithmic: the first bar is thousands of
// times the last.

import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { VisuallyHidden } from '@mantine/core';
import { formatCount } from '../../components/format.ts';
import type { Bucket } from './documents.ts';

export default function Histogram({ buckets, height }: { buckets: readonly Bucket[]; height: number }) {
  const data = buckets.map((bucket) => ({
    products: rangeOf(bucket),
    // A logarithm has no place for none.
    Names: bucket.names || null,
  }));
  return (
    <>
      <div aria-hidden="true">
        <BarChart
          h={height}
          data={data}
          dataKey="products"
          series={[{ name: 'Names', color: 'teal.6' }]}
          valueFormatter={formatCount}
          tickLine="y"
          xAxisLabel="Products with the same name"
          barChartProps={{ accessibilityLayer: false }}
          barProps={{ radius: 3, isAnimationActive: false }}
          yAxisProps={{
            scale: 'log',
            domain: [0.7, 'auto'],
            width: 64,
            allowDataOverflow: true,
            ticks: ticksFor(buckets),
          }}
          xAxisProps={{ interval: 'preserveStartEnd' }}
        />
      </div>
      <VisuallyHidden>
        <table>
          <caption>Names by number of products</caption>
          <thead>
            <tr>
              <th scope="col">Products</th>
              <th scope="col">Names</th>
            </tr>
          </thead>
          <tbody>
            {buckets.map((bucket) => (
              <tr key={bucket.from}>
                <th scope="row">{rangeOf(bucket)}</th>
                <td>{formatCount(bucket.names)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </>
  );
}

function rangeOf({ from, to }: Bucket): string {
  return from === to ? formatCount(from) : `${formatCount(from)}–${formatCount(to)}`;
}

/** The powers of ten up to the highest bar. */
function ticksFor(buckets: readonly Bucket[]): number[] {
  const highest = Math.max(1, ...buckets.map(({ names }) => names));
  return Array.from({ length: Math.ceil(Math.log10(highest)) + 1 }, (_, power) => 10 ** power);
}
