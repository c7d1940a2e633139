// A bar chart of the most frequent names. Clicking a bar shows the products with that name.

import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { formatCount } from '../../utils/format.ts';
import type { NameWithCount } from './documents.ts';

/** In characters. */
const MAX_LABEL_LENGTH = 18;

interface TopNamesProps {
  names: readonly NameWithCount[];
  height: number;
  onChoose(name: string): void;
}

export default function TopNames({ names, height, onChoose }: TopNamesProps) {
  const data = names.map(({ name, productCount }) => ({ name, Products: productCount }));
  return (
    // Not focusable: the list below has the same names as links.
    <div
      role="img"
      aria-label={`Bar chart: ${names.map((each) => `${each.name} ${each.productCount}`).join(', ')}`}
    >
      <div aria-hidden="true">
        <BarChart
          h={height}
          data={data}
          dataKey="name"
          orientation="vertical"
          series={[{ name: 'Products', color: 'indigo.6' }]}
          valueFormatter={formatCount}
          gridAxis="none"
          withXAxis={false}
          xAxisProps={{ domain: [0, 'dataMax'] }}
          tickLine="none"
          maxBarWidth={18}
          withBarValueLabel
          barChartProps={{ accessibilityLayer: false, margin: { right: 48, left: 8 } }}
          barProps={{
            radius: 3,
            cursor: 'pointer',
            isAnimationActive: false,
            onClick: (bar: { payload?: { name?: string } }) => {
              if (bar.payload?.name) onChoose(bar.payload.name);
            },
          }}
          valueLabelProps={{ position: 'right', fontSize: 12 }}
          yAxisProps={{ width: 150, interval: 0, tickFormatter: truncateLabel }}
        />
      </div>
    </div>
  );
}

/** Shortens a name to fit beside its bar. The tooltip of the bar shows it in full. */
function truncateLabel(name: string): string {
  const letters = Array.from(name);
  return letters.length > MAX_LABEL_LENGTH ? `${letters.slice(0, MAX_LABEL_LENGTH - 1).join('')}…` : name;
}
