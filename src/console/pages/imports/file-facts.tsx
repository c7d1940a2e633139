// What is known of the file of an import.

import { Code } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ImportState } from '../../api/import-state.ts';
import { formatBytes } from '../../components/format.ts';
import classes from './file-facts.module.css';

const DELIMITER_NAMES: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
};

export function FileFacts({ state }: { state: ImportState }) {
  const { bytesReceived, bytesTotal, columns, ignoredColumns, delimiter, encoding, id } = state;
  const facts: [string, ReactNode][] = [
    ['Size', formatBytes(state.status === 'RECEIVING' ? (bytesTotal ?? bytesReceived) : bytesReceived)],
    ['Columns', columns?.join(', ')],
    ['Passed over', ignoredColumns?.join(', ')],
    ['Between fields', delimiter && (DELIMITER_NAMES[delimiter] ?? delimiter)],
    ['Encoding', encoding],
    ['Id', <Code key="id">{id}</Code>],
  ];
  return (
    <dl className={classes['facts']}>
      {facts
        .filter(([, fact]) => fact)
        .map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
    </dl>
  );
}
