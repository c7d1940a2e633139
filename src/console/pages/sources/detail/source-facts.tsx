// The settings and statistics of a data source.

import { Code } from '@mantine/core';
import { type Fact, Facts } from '../../../components/display/facts.tsx';
import { RelativeTime, Time } from '../../../components/display/time.tsx';
import { readingFacts } from '../../../components/reading/reading-facts.ts';
import { formatCount, pluralize } from '../../../utils/format.ts';
import type { SourceDetails } from '../documents.ts';
import { formatInterval } from '../interval.ts';
import { formatShare, KINDS, labelOf, MODES } from '../labels.ts';

interface SourceFactsProps {
  source: SourceDetails;
  /** The number of products imported from it; undefined until counted. */
  count: number | undefined;
}

export function SourceFacts({ source, count }: SourceFactsProps) {
  const { url, kind, mode, maxDeletedShare, headerNames, intervalSeconds, heldProductCount } = source;
  const facts: Fact[] = [
    ['Address', url],
    ['Kind', labelOf(KINDS, kind)],
    ['Checked', formatInterval(intervalSeconds)],
    ['Import mode', labelOf(MODES, mode)],
    ['Deleted without confirmation', mode === 'REPLACE' && `up to ${formatShare(maxDeletedShare)} at once`],
    ['Profile', source.profile],
    ...readingFacts(source),
    ['Headers sent', headerNames.join(', ')],
    ['Last check', pastOf(source.lastCheckAt)],
    ['Last change', pastOf(source.lastChangeAt)],
    ['Last import', pastOf(source.lastImportAt)],
    ['Products imported', count === undefined ? '…' : formatCount(count)],
    [
      'Kept products',
      heldProductCount > 0 &&
        `${pluralize(heldProductCount, 'product')}, which may be in rows that could not be read`,
    ],
    ['Added', <Time key="added" iso={source.createdAt} isFocusable />],
    ['ID', <Code key="id">{source.id}</Code>],
  ];
  return <Facts facts={facts} />;
}

function pastOf(iso: string | null) {
  return iso === null ? 'never' : <RelativeTime iso={iso} is="past" isFocusable />;
}
