// All that is known of a data source.

import { Code } from '@mantine/core';
import { type Fact, Facts } from '../../../components/facts.tsx';
import { countOf, formatCount, formatDateTime } from '../../../components/format.ts';
import { RelativeTime } from '../../../components/relative-time.tsx';
import type { SourceDetails } from '../documents.ts';
import { intervalInWords } from '../interval.ts';
import { KINDS, labelOf, MODES, nameOfDelimiter, shareInWords } from '../words.ts';

interface SourceFactsProps {
  source: SourceDetails;
  /** Products brought; undefined until they are counted. */
  count: number | undefined;
}

export function SourceFacts({ source, count }: SourceFactsProps) {
  const { url, kind, mode, maxDeletedShare, headerNames, intervalSeconds, heldProductCount } = source;
  const facts: Fact[] = [
    ['Address', url],
    ['Kind', labelOf(KINDS, kind)],
    ['Checked', intervalInWords(intervalSeconds)],
    ['What an import does', labelOf(MODES, mode)],
    ['Deleted without asking', mode === 'REPLACE' && `up to ${shareInWords(maxDeletedShare)} at once`],
    ['Encoding', source.encoding],
    ['Between fields', source.delimiter !== null && nameOfDelimiter(source.delimiter)],
    ['Quotes', source.quoting === 'NONE' && 'are characters like any other'],
    ['Spaces behind a delimiter', source.skipInitialSpace && 'are no part of the field'],
    ['Rejected rows', source.maxRejectedRows !== null && `at most ${formatCount(source.maxRejectedRows)}`],
    ['Headers sent', headerNames.join(', ')],
    ['Last check', pastOf(source.lastCheckAt)],
    ['Last change', pastOf(source.lastChangeAt)],
    ['Last import', pastOf(source.lastImportAt)],
    ['Products brought', count === undefined ? '…' : formatCount(count)],
    [
      'Left, though not found',
      heldProductCount > 0 &&
        `${countOf(heldProductCount, 'product')}, which may be in rows that could not be read`,
    ],
    ['Added', formatDateTime(source.createdAt)],
    ['Id', <Code key="id">{source.id}</Code>],
  ];
  return <Facts facts={facts} />;
}

function pastOf(iso: string | null) {
  return iso === null ? 'never' : <RelativeTime iso={iso} is="past" />;
}
