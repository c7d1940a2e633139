// The ledger of an import: what became of each row, as a bar of shares and in numbers.

import type { ImportRows } from '../api/import-state.ts';
import { formatCount } from './format.ts';
import classes from './ledger.module.css';

/** In the order of the sum that the ledger is. */
const PARTS = [
  { key: 'inserted', label: 'Inserted', title: 'Became a new product' },
  { key: 'updated', label: 'Updated', title: 'Changed a product' },
  { key: 'unchanged', label: 'Unchanged', title: 'Equal to the product as it was' },
  { key: 'superseded', label: 'Superseded', title: 'Beaten by a later row of the file with the same SKU' },
  { key: 'rejected', label: 'Rejected', title: 'Not a product: a rule is broken' },
] as const;

/** Not a row of the file, so no part of that sum: only imports of data sources have it. */
const DELETED = {
  key: 'deleted',
  label: 'Deleted',
  title: 'Products that the data source no longer has. They are no rows of the file.',
} as const;

export function LedgerBar({ rows }: { rows: ImportRows }) {
  const total = sumOf(rows);
  const words = numbersOf(rows)
    .filter(({ key }) => rows[key] > 0)
    .map(({ key, label }) => `${formatCount(rows[key])} ${label.toLowerCase()}`);
  return (
    <div className={classes['bar']} role="img" aria-label={words.join(', ') || 'No rows'}>
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
