// A list of issues: the line, the reason, and the row as it is in the file.

import { Anchor, Badge, Button, Group, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import type { ImportState } from '../../api/import-state.ts';
import { formatCount } from '../../utils/format.ts';
import { issueLabel } from '../../utils/issue-labels.ts';
import { plainIssue } from '../../utils/plain-message.ts';
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
  const button = useRef<HTMLButtonElement>(null);
  const isRejected = issue.kind === 'REJECTED';
  function close() {
    setOpen(false);
    button.current?.focus();
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
              {issueLabel(issue.code)}
            </Badge>
            {issue.column && (
              <Text size="sm" c="dimmed">
                column <b>{issue.column}</b>
              </Text>
            )}
            <Text size="xs" c="dimmed">
              {issue.code}
            </Text>
          </Group>
          <Text size="sm" mt={2}>
            {plainIssue(issue)}
          </Text>
        </div>
        {isRejected && (
          <Button
            size="xs"
            variant="default"
            style={{ flexShrink: 0 }}
            ref={button}
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

const MAX_LINES = 8;
const MAX_CHARACTERS = 1200;

/** The record with line numbers. Only the beginning of a long record is shown at first. */
function RawRecord({ line, record }: { line: number; record: string }) {
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
