// The size, format and columns of an imported file.

import { Code } from '@mantine/core';
import type { ImportState } from '../../api/live/import-state.ts';
import { type Fact, Facts } from '../../components/display/facts.tsx';
import { formatBytes } from '../../utils/format.ts';
import { delimiterWord } from '../../utils/reading/delimiters.ts';
import { encodingLabel } from '../../utils/reading/encodings.ts';

export function FileFacts({ state }: { state: ImportState }) {
  const { bytesReceived, bytesTotal, columns, ignoredColumns, delimiter, encoding, id } = state;
  const facts: Fact[] = [
    ['Size', formatBytes(state.status === 'RECEIVING' ? (bytesTotal ?? bytesReceived) : bytesReceived)],
    ['Sent by', state.createdBy],
    ['Columns', columns?.join(', ')],
    ['Ignored columns', ignoredColumns?.join(', ')],
    ['Separated by', delimiter && delimiterWord(delimiter)],
    ['Encoding', encoding && encodingLabel(encoding)],
    ['ID', <Code key="id">{id}</Code>],
  ];
  return <Facts facts={facts} />;
}
