// How many names have one product, two, three and so on. The scale is logarithmic, because the first bar may be
// thousands of times as long as the last. Bars lie, so that there is space for the range and the number of each.

import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { VisuallyHidden } from '@mantine/core';
import { formatCount } from '../../utils/format.ts';
import type { Bucket } from './documents.ts';

/** The start of the scale. Below 1, so that a bar for a single name is visible. */
const SCALE_START = 0.7;
/** Enough for a bar and its labels, in pixels. */
const ROW_HEIGHT = 24;

export default function Histogram({ buckets, height }: { buckets: readonly Bucket[]; height: number }) {
  const data = buckets.map((bucket) => ({
    products: formatRange(bucket),
    // Zero has no place on a logarithmic scale, so its bar is a sliver, and its label says 0.
    Names: bucket.names || SCALE_START,
    label: formatCount(bucket.names),
  }));
  const highest = Math.max(1, ...buckets.map(({ names }) => names));
  return (
    <>
      <div aria-hidden="true">
        <BarChart
          h={Math.max(height, buckets.length * ROW_HEIGHT)}
          data={data}
          dataKey="products"
          series={[{ name: 'Names', color: 'teal.6' }]}
          orientation="vertical"
          gridAxis="none"
          withXAxis={false}
          withTooltip={false}
          tickLine="none"
          maxBarWidth={18}
          withBarValueLabel
          barChartProps={{ accessibilityLayer: false, margin: { right: 64, left: 8 } }}
          barProps={{ radius: 3, isAnimationActive: false }}
          valueLabelProps={{ position: 'right', fontSize: 12, dataKey: 'label', formatter: (text) => text }}
          xAxisProps={{ scale: 'log', domain: [SCALE_START, highest], allowDataOverflow: true }}
          yAxisProps={{ width: 110, interval: 0 }}
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
