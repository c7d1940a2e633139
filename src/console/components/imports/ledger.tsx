// The ledger of an import: what became of its rows, as a stacked bar and as numbers.

import type { ImportRows } from '../../api/import-state.ts';
import { formatCount } from '../../utils/format.ts';
import classes from './ledger.module.css';

/** In the order of the ledger's equation. */
const PARTS = [
  { key: 'inserted', label: 'Inserted', title: 'Created a new product' },
  { key: 'updated', label: 'Updated', title: 'Changed an existing product' },
  { key: 'unchanged', label: 'Unchanged', title: 'Identical to the existing product' },
  { key: 'superseded', label: 'Superseded', title: 'Replaced by a later row in the file with the same SKU' },
  { key: 'rejected', label: 'Rejected', title: 'Not imported because the row is invalid' },
] as const;

/** Not part of the equation, as these are products and not rows of the file. Only imports from data sources delete. */
const DELETED = {
  key: 'deleted',
  label: 'Deleted',
  title: 'Products deleted because the data source no longer lists them. Not counted as rows of the file.',
} as const;

export function LedgerBar({ rows }: { rows: ImportRows }) {
  const total = sumOf(rows);
  const labels = numbersOf(rows)
    .filter(({ key }) => rows[key] > 0)
    .map(({ key, label }) => `${formatCount(rows[key])} ${label.toLowerCase()}`);
  return (
    <div className={classes['bar']} role="img" aria-label={labels.join(', ') || 'No rows'}>
      {PARTS.filter(({ key }) => rows[key] > 0).map(({ key }) => (
        <div key={key} className={classes['part']} data-part={key} style={{ flexGrow: rows[key] / total }} />
      ))}
    </div>
  );
}

export function Ledger({ rows }: { rows: ImportRows }) {
  return (
    <div>
      <LedgerBar rows={rows} />
      <dl className={classes['numbers']}>
        {numbersOf(rows).map(({ key, label, title }) => (
          <div key={key} className={classes['number']} data-none={rows[key] === 0 || undefined} title={title}>
            <dt>
              <span className={classes['mark']} data-part={key} />
              {label}
            </dt>
            <dd>{formatCount(rows[key])}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function numbersOf({ deleted }: ImportRows) {
  return deleted > 0 ? [...PARTS, DELETED] : PARTS;
}

function sumOf(rows: ImportRows): number {
  return PARTS.reduce((sum, { key }) => sum + rows[key], 0);
}
