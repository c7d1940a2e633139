// How many names have one product, two, three and so on. The scale is logarithmic, because the first bar may be
// thousands of times as high as the last.

import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { VisuallyHidden } from '@mantine/core';
import { formatCount } from '../../utils/format.ts';
import type { Bucket } from './documents.ts';

/** The start of the scale. Below 1, so that a bar for a single name is visible. */
const SCALE_START = 0.7;

export default function Histogram({ buckets, height }: { buckets: readonly Bucket[]; height: number }) {
  const data = buckets.map((bucket) => ({
    products: formatRange(bucket),
    // Zero has no place on a logarithmic scale.
    Names: bucket.names || null,
  }));
  const powers = powersOfTen(Math.max(...buckets.map(({ names }) => names)));
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
          barChartProps={{ accessibilityLayer: false }}
          barProps={{ radius: 3, isAnimationActive: false }}
          yAxisProps={{
            scale: 'log',
            domain: [SCALE_START, powers.at(-1) ?? 1],
            ticks: powers,
            allowDataOverflow: true,
            width: 64,
          }}
          xAxisProps={{ interval: 'preserveStart', tickFormatter: formatRangeStart }}
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
                <th scope="row">{formatRange(bucket)}</th>
                <td>{formatCount(bucket.names)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </>
  );
}

function formatRange({ from, to }: Bucket): string {
  return from === to ? formatCount(from) : `${formatCount(from)}–${formatCount(to)}`;
}

/** 5–9 → 5+, as there is no space for the whole range below a bar. */
function formatRangeStart(range: string): string {
  return range.replace(/–.*/, '+');
}

/** 1, 10, 100 … up to the first that is not less than `highest`. */
function powersOfTen(highest: number): number[] {
  const powers = [1, 10];
  while ((powers.at(-1) ?? highest) < highest) powers.push(10 ** powers.length);
  return powers;
}
