// An issue in the grid: the reason, and the fields of the row, which can be corrected if it was rejected.

import { Anchor, Badge, Button, Group, Loader, Table, Text } from '@mantine/core';
import { type KeyboardEvent, memo, useId } from 'react';
import { Link } from 'wouter';
import { CheckIcon } from '../../../components/display/icons.tsx';
import { issueLabel } from '../../../utils/errors/issue-labels.ts';
import { plainError, plainIssue } from '../../../utils/errors/plain-message.ts';
import { formatCount } from '../../../utils/format.ts';
import { applyEdit, toTextFieldValue } from '../../../utils/reading/line-endings.ts';
import type { Issue } from './documents.ts';
import { CELL, moveBetweenRows } from './grid-keys.ts';
import classes from './issue-grid.module.css';
import { RawRecord } from './raw-record.tsx';
import {
  draftOf,
  type FileForm,
  faultOf,
  hasLostBytes,
  isCut,
  isOpen,
  isSame,
  REPLACEMENT_CHARACTER,
  type RowDraft,
} from './row-draft.ts';
import type { Correction } from './use-corrections.ts';

export interface GridColumn {
  name: string;
  /** Among all columns of the file. */
  index: number;
  isImported: boolean;
}

interface IssueRowProps {
  issue: Issue;
  form: FileForm;
  columns: readonly GridColumn[];
  correction: Correction | undefined;
  /** Whether rejected rows of this import can be corrected. */
  canCorrect: boolean;
  /** @param draft undefined: as it was */
  onEdit(line: number, draft: RowDraft | undefined): void;
}

export const IssueRow = memo(({ issue, form, columns, correction, canCorrect, onEdit }: IssueRowProps) => {
  const { line } = issue;
  const start = draftOf(issue, form);
  const draft = correction?.draft ?? start;
  const isEditable = canCorrect && isOpen(issue) && correction?.sentWith === undefined;
  const fault = correction?.fault ?? faultOf(issue);
  const message = correction?.fault ? plainError(fault) : plainIssue(fault);
  const faulty = columns.find(({ name }) => name === fault.column);
  const messageId = useId();

  function change(changed: RowDraft): void {
    onEdit(line, isSame(changed, start) ? undefined : changed);
  }
  function changeValue(index: number, value: string): void {
    change({ values: (draft.values ?? []).map((each, at) => (at === index ? value : each)) });
  }

  const isCorrected = issue.correction?.status === 'CORRECTED';
  return (
    <Table.Tbody
      aria-label={`Line ${line}`}
      data-edited={(isEditable && correction !== undefined) || undefined}
    >
      <Table.Tr className={classes['reason'] ?? ''}>
        <Table.Td colSpan={columns.length}>
          <div className={classes['sticky']}>
            <Group gap="xs">
              <Text ff="monospace" size="sm" fw={600}>
                Line {formatCount(line)}
              </Text>
              <RowState issue={issue} correction={correction} />
            </Group>
            {!isCorrected && !(faulty && draft.values && isEditable) && (
              <Text size="sm" id={messageId}>
                {message}
              </Text>
            )}
            {isEditable && issue.correction?.status === 'NOT_IMPORTED' && !correction && (
              <Group gap="xs">
                <Text size="sm">Its correction was not imported, or was undone.</Text>
                <Button size="compact-xs" variant="default" onClick={() => onEdit(line, start)}>
                  Import it again
                </Button>
              </Group>
            )}
            {isCut(issue) && !issue.correction && (
              <>
                {isEditable && (
                  <Text size="sm">Only the beginning of the row is kept. Enter the row again.</Text>
                )}
                <RawRecord line={line} record={issue.record} />
              </>
            )}
          </div>
        </Table.Td>
      </Table.Tr>
      <Table.Tr className={classes['fields'] ?? ''}>
        {draft.values ? (
          columns.map(({ name, index, isImported }) => {
            const value = draft.values?.[index] ?? '';
            const isChanged = value !== start.values?.[index];
            const isFaulty = name === fault.column && (!isChanged || correction?.fault !== undefined);
            const isLost = hasLostBytes(issue) && value.includes(REPLACEMENT_CHARACTER);
            return (
              <Table.Td key={index} data-label={name}>
                {isEditable && isImported ? (
                  <Cell
                    label={`${name}, line ${line}`}
                    column={String(index)}
                    value={value}
                    isChanged={isChanged}
                    error={
                      isLost
                        ? `Replace ${REPLACEMENT_CHARACTER} with the correct character.`
                        : isFaulty
                          ? message
                          : ''
                    }
                    onChange={(changed) => changeValue(index, changed)}
                    onRestore={() => changeValue(index, start.values?.[index] ?? '')}
                  />
                ) : (
                  <div className={classes['text']}>{value}</div>
                )}
              </Table.Td>
            );
          })
        ) : (
          <Table.Td colSpan={columns.length}>
            {isEditable ? (
              <Cell
                label={`Text of line ${line}`}
                value={draft.record ?? ''}
                isChanged={draft.record !== start.record}
                describedBy={messageId}
                error={
                  hasLostBytes(issue) && draft.record?.includes(REPLACEMENT_CHARACTER)
                    ? `Replace ${REPLACEMENT_CHARACTER} with the correct character.`
                    : ''
                }
                onChange={(record) => change({ record })}
                onRestore={() => change(start)}
              />
            ) : (
              <RawRecord line={line} record={draft.record ?? ''} />
            )}
          </Table.Td>
        )}
      </Table.Tr>
    </Table.Tbody>
  );
});

/** What the row is now: why it is not in the catalogue, or that it is corrected. */
function RowState({ issue, correction }: { issue: Issue; correction: Correction | undefined }) {
  const { status, import: of } = issue.correction ?? {};
  if (status === 'CORRECTED') {
    return (
      <Group gap={4} className={classes['corrected'] ?? ''}>
        <CheckIcon size={16} />
        <Text size="sm" fw={600}>
          Corrected
        </Text>
        <Anchor component={Link} href={`/imports/${of?.id}`} size="sm" underline="always">
          View its import
        </Anchor>
      </Group>
    );
  }
  if (status === 'PENDING' || correction?.sentWith !== undefined) {
    return (
      <Group gap={4}>
        <Loader size={14} />
        <Text size="sm">Being imported…</Text>
      </Group>
    );
  }
  const { code } = faultOf(issue);
  const again = status === 'REJECTED' || status === 'SUPERSEDED';
  return (
    <>
      <Badge radius="sm" className={classes['code'] ?? ''} data-kind={issue.kind}>
        {again ? `Still not imported: ${issueLabel(code)}` : issueLabel(code)}
      </Badge>
      {correction && (
        <Badge radius="sm" variant="outline" color="indigo" className={classes['code'] ?? ''}>
          Changed
        </Badge>
      )}
      <Text size="xs" c="dimmed">
        {code}
      </Text>
    </>
  );
}

interface CellProps {
  label: string;
  /** Undefined for the text of a whole row. */
  column?: string;
  value: string;
  isChanged: boolean;
  /** Empty if there is none. */
  error: string;
  describedBy?: string;
  onChange(value: string): void;
  onRestore(): void;
}

function Cell({ label, column, value, isChanged, error, describedBy, onChange, onRestore }: CellProps) {
  const errorId = useId();
  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape' && isChanged) onRestore();
    else if (column === undefined || !moveBetweenRows(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <>
      <textarea
        className={classes['cell']}
        rows={1}
        spellCheck={false}
        aria-label={label}
        aria-invalid={error !== '' || undefined}
        aria-describedby={error ? errorId : describedBy}
        data-changed={isChanged || undefined}
        data-raw={column === undefined || undefined}
        {...(column !== undefined && { [CELL]: column })}
        value={toTextFieldValue(value)}
        onChange={({ target }) => onChange(applyEdit(value, target))}
        onKeyDown={onKeyDown}
      />
      {error && (
        <Text size="xs" className={classes['error'] ?? ''} id={errorId}>
          {error}
        </Text>
      )}
    </>
  );
}
