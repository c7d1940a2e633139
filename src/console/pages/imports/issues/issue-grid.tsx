// The issues of an import as a grid: rejected rows with a field for each column that is imported.

import { Checkbox, Table } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { ImportState } from '../../../api/live/import-state.ts';
import { pluralize } from '../../../utils/format.ts';
import type { Issue } from './documents.ts';
import classes from './issue-grid.module.css';
import { type GridColumn, IssueRow } from './issue-row.tsx';
import type { RowDraft } from './row-draft.ts';
import type { Correction } from './use-corrections.ts';

interface IssueGridProps {
  state: ImportState;
  issues: readonly Issue[];
  corrections: ReadonlyMap<number, Correction>;
  canCorrect: boolean;
  onEdit(line: number, draft: RowDraft | undefined): void;
}

/** With more columns, the grid is scrolled sideways on a narrow screen, too. */
const MAX_STACKED = 6;

export function IssueGrid({ state, issues, corrections, canCorrect, onEdit }: IssueGridProps) {
  const { columns, ignoredColumns } = state;
  const [areAllShown, setAllShown] = useState(false);
  const all = useMemo(() => gridColumns(columns, ignoredColumns), [columns, ignoredColumns]);
  const imported = all.filter(({ isImported }) => isImported);
  const shown = areAllShown || imported.length === 0 ? all : imported;
  const others = all.length - imported.length;
  return (
    <>
      {others > 0 && imported.length > 0 && (
        <Checkbox
          size="sm"
          label={`Show ${pluralize(others, 'column')} that ${others === 1 ? 'is' : 'are'} not imported`}
          checked={areAllShown}
          onChange={({ target }) => setAllShown(target.checked)}
        />
      )}
      <div className={classes['scroll']}>
        <Table
          aria-label="Issues"
          className={classes['grid'] ?? ''}
          data-wide={shown.length > MAX_STACKED || undefined}
        >
          <Table.Thead>
            <Table.Tr>
              {shown.map(({ name, index }) => (
                <Table.Th key={index} scope="col">
                  {name || `Column ${index + 1}`}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          {issues.map((issue) => (
            <IssueRow
              key={issue.line}
              issue={issue}
              form={state}
              columns={shown}
              correction={corrections.get(issue.line)}
              canCorrect={canCorrect}
              onEdit={onEdit}
            />
          ))}
        </Table>
      </div>
    </>
  );
}

function gridColumns(
  columns: readonly string[] | null,
  ignored: readonly string[] | null,
): readonly GridColumn[] {
  const notImported = new Set(ignored);
  return (columns ?? []).map((name, index) => ({ name, index, isImported: !notImported.has(name) }));
}
