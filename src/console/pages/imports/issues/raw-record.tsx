// A record as it is in the file, with line numbers. Only the beginning of a long record is shown at first.

import { Anchor } from '@mantine/core';
import { useState } from 'react';
import classes from './issue-grid.module.css';

const MAX_LINES = 8;
const MAX_CHARACTERS = 1200;

export function RawRecord({ line, record }: { line: number; record: string }) {
  const [isExpanded, setExpanded] = useState(false);
  const shown = isExpanded ? record : record.slice(0, MAX_CHARACTERS);
  const lines = shown.split(/\r\n|\n|\r/);
  const visible = isExpanded ? lines : lines.slice(0, MAX_LINES);
  const isTruncated = visible.length < lines.length || shown.length < record.length;
  return (
    <>
      <pre className={classes['record']}>
        {visible.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines never change
          <div key={index} className={classes['line']}>
            <span className={classes['number']}>{line + index}</span>
            <code>{text}</code>
          </div>
        ))}
      </pre>
      {isTruncated && (
        <Anchor component="button" size="sm" onClick={() => setExpanded(true)}>
          Show the whole row
        </Anchor>
      )}
    </>
  );
}
