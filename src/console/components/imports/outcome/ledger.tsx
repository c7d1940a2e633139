// The ledger of an import: what became of its rows, as a stacked bar and as numbers.

import type { ImportRows, ImportState } from '../../../api/live/import-state.ts';
import { formatCount } from '../../../utils/format.ts';
import classes from './ledger.module.css';

interface Part {
  key: Exclude<keyof ImportRows, 'read'>;
  label: string;
  title: string;
}

/** In the order of the ledger's equation. */
const PARTS: readonly Part[] = [
  { key: 'inserted', label: 'Inserted', title: 'Created a new product' },
  { key: 'updated', label: 'Updated', title: 'Changed an existing product' },
  { key: 'unchanged', label: 'Unchanged', title: 'Identical to the existing product' },
  { key: 'superseded', label: 'Superseded', title: 'Replaced by another row in the file with the same SKU' },
  { key: 'rejected', label: 'Rejected', title: 'Not imported because the row is invalid' },
];

/** Not part of the equation, as these are products and not rows of the file. Only imports from data sources delete. */
const DELETED: Part = {
  key: 'deleted',
  label: 'Deleted',
  title: 'Products deleted because the data source no longer lists them. Not counted as rows of the file.',
};

/** What became of the products that the undone import had changed. */
const UNDO_PARTS: readonly Part[] = [
  { key: 'updated', label: 'Restored', title: 'Has its former values again' },
  { key: 'inserted', label: 'Brought back', title: 'Had been deleted, and is back' },
  { key: 'deleted', label: 'Removed', title: 'Had been added, and is removed again' },
  { key: 'kept', label: 'Kept', title: 'Was changed again since, and was left alone' },
];

interface LedgerProps {
  rows: ImportRows;
  kind: ImportState['kind'];
}

export function LedgerBar({ rows, kind }: LedgerProps) {
  const parts = kind === 'UNDO' ? UNDO_PARTS : PARTS;
  const total = parts.reduce((sum, { key }) => sum + rows[key], 0);
  const labels = numbersOf(rows, kind)
    .filter(({ key }) => rows[key] > 0)
    .map(({ key, label }) => `${formatCount(rows[key])} ${label.toLowerCase()}`);
  return (
    <div className={classes['bar']} role="img" aria-label={labels.join(', ') || 'No rows'}>
      {parts
        .filter(({ key }) => rows[key] > 0)
        .map(({ key }) => (
          <div
            key={key}
            className={classes['part']}
            data-part={key}
            style={{ flexGrow: rows[key] / total }}
          />
        ))}
    </div>
  );
}

export function Ledger({ rows, kind }: LedgerProps) {
  return (
    <div>
      <LedgerBar rows={rows} kind={kind} />
      <dl className={classes['numbers']}>
        {numbersOf(rows, kind).map(({ key, label, title }) => (
          <div key={key} className={classes['number']} data-none={rows[key] === 0 || undefined} title={title}>
            <dt>
              <span
                className={classes['mark']}
                data-part={key}
                data-apart={(key === 'deleted' && kind !== 'UNDO') || undefined}
              />
              {label}
            </dt>
            <dd>{formatCount(rows[key])}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function numbersOf({ deleted }: ImportRows, kind: ImportState['kind']): readonly Part[] {
  if (kind === 'UNDO') return UNDO_PARTS;
  return deleted > 0 ? [...PARTS, DELETED] : PARTS;
}
