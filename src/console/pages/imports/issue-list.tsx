// Issues one below the other: where the row is, why it was not taken, and the row as the file has it.

import { Anchor, Badge, Button, Group, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import type { ImportState } from '../../api/import-state.ts';
import { formatCount } from '../../utils/format.ts';
import { CorrectRow } from './correct-row.tsx';
import type { Issue } from './documents.ts';
import classes from './issue-list.module.css';

export function IssueList({ state, issues }: { state: ImportState; issues: readonly Issue[] }) {
  return (
    <ol className={classes['list']} aria-label="Issues">
      {issues.map((issue) => (
        <IssueItem key={`${issue.line} ${issue.code}`} state={state} issue={issue} />
      ))}
    </ol>
  );
}

function IssueItem({ state, issue }: { state: ImportState; issue: Issue }) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const isRejected = issue.kind === 'REJECTED';
  function close() {
    setOpen(false);
    opener.current?.focus();
  }
  return (
    <li className={classes['issue']} aria-label={`Line ${issue.line}`}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        <div>
          <Group gap="xs">
            <Text ff="monospace" size="sm" fw={600}>
              Line {formatCount(issue.line)}
            </Text>
            <Badge radius="sm" className={classes['code'] ?? ''} data-kind={issue.kind}>
              {issue.code}
            </Badge>
            {issue.column && (
              <Text size="sm" c="dimmed">
                column <b>{issue.column}</b>
              </Text>
            )}
          </Group>
          <Text size="sm" mt={2}>
            {issue.message}
          </Text>
        </div>
        {isRejected && (
          <Button
            size="xs"
            variant="default"
            style={{ flexShrink: 0 }}
            ref={opener}
            aria-expanded={isOpen}
            aria-label={`Correct line ${issue.line}`}
            onClick={() => setOpen(!isOpen)}
          >
            Correct
          </Button>
        )}
      </Group>
      <RawRecord line={issue.line} record={issue.record} />
      {isOpen && <CorrectRow state={state} issue={issue} onClose={close} />}
    </li>
  );
}

const MANY_LINES = 8;
const MANY_CHARACTERS = 1200;

/** The record with the numbers of its physical lines; of a long one the beginning, until asked for more. */
function RawRecord({ line, record }: { line: number; record: string }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? record : record.slice(0, MANY_CHARACTERS);
  const lines = shown.split(/\r\n|\n|\r/);
  const visible = isWhole ? lines : lines.slice(0, MANY_LINES);
  const isCut = visible.length < lines.length || shown.length < record.length;
  return (
    <>
      <pre className={classes['record']}>
        {visible.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text that stays
          <div key={index} className={classes['line']}>
            <span className={classes['number']}>{line + index}</span>
            <code>{text}</code>
          </div>
        ))}
      </pre>
      {isCut && (
        <Anchor component="button" size="sm" onClick={() => setWhole(true)}>
          Show the whole row
        </Anchor>
      )}
    </>
  );
}
