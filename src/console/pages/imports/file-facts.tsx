// The size, format and columns of an imported file.

import { Code } from '@mantine/core';
import type { ImportState } from '../../api/import-state.ts';
import { type Fact, Facts } from '../../components/display/facts.tsx';
import { formatBytes } from '../../utils/format.ts';

const DELIMITER_NAMES: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'pipe',
};

export function FileFacts({ state }: { state: ImportState }) {
  const { bytesReceived, bytesTotal, columns, ignoredColumns, delimiter, encoding, id } = state;
  const facts: Fact[] = [
    ['Size', formatBytes(state.status === 'RECEIVING' ? (bytesTotal ?? bytesReceived) : bytesReceived)],
    ['Columns', columns?.join(', ')],
    ['Ignored columns', ignoredColumns?.join(', ')],
    ['Delimiter', delimiter && (DELIMITER_NAMES[delimiter] ?? delimiter)],
    ['Encoding', encoding],
    ['ID', <Code key="id">{id}</Code>],
  ];
  return <Facts facts={facts} />;
}
