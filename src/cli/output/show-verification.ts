// Prints the result of verifying a database.

import type { Verification, VerificationPart } from '../../db/catalogue/verification/verify-catalogue.ts';
import type { CountDifference } from '../../db/catalogue/verification/verify-counts.ts';
import type { Listed } from '../../db/catalogue/verification/verify-findings.ts';
import type { LedgerCheck, LedgerDifference } from '../../db/catalogue/verification/verify-imports.ts';
import { alignTable, formatCount } from './format.ts';

const PARTS: Record<VerificationPart, string> = {
  counts: 'Comparing the stored counts with the products …',
  ledgers: 'Comparing the ledgers of completed imports with their issues and partitions …',
  staging: 'Looking for staging tables of imports that have finished …',
};

/** Labels of a value in the ledger, and of the value that differs from it. */
const LEDGER_CHECKS: Record<LedgerCheck, [ledger: string, found: string]> = {
  ROWS: ['rows read', 'rows accounted for'],
  REJECTED_ISSUES: ['rejected', 'issues of the kind REJECTED'],
  SUPERSEDED_ISSUES: ['superseded and kept', 'issues of the kind SUPERSEDED'],
  INSERTED_PARTS: ['inserted', 'inserted by its partitions'],
  UPDATED_PARTS: ['updated', 'updated by its partitions'],
  UNCHANGED_PARTS: ['unchanged', 'unchanged in its partitions'],
  SUPERSEDED_PARTS: ['superseded', 'superseded in its partitions'],
  UNMERGED_PARTITIONS: ['partitions to merge', 'partitions not merged'],
  PLANNED_DELETIONS: ['deleted', 'found gone before the merge'],
  DELETED_PARTS: ['deleted', 'deleted by its batches'],
  KEPT_PARTS: ['kept', 'kept in its partitions'],
  STAGED_PARTS: ['valid rows', 'rows staged in its partitions'],
  PREVIEWED_ROWS: ['rows read', 'rows in its preview'],
};

export function partLine(part: VerificationPart): string {
  return PARTS[part];
}

export function describeVerification(found: Verification): string {
  const { runningImports, completedImports, asOf } = found;
  const running = runningImports.first.map(
    ({ id, fileName, status }) => `${id} ${quoted(fileName)} ${status}`,
  );
  const sections = [
    describeCounts(found),
    section(
      found.ledgers,
      `Completed imports: ${formatCount(completedImports)}. All ledgers add up and agree with their issues and partitions.`,
      'Numbers of imports that differ',
      found.ledgers.first.map(ledgerLine),
    ),
    section(
      found.staging,
      'There are no staging tables of finished imports.',
      'Orphaned staging tables; a running server removes them',
      found.staging.first.map(
        ({ table, status }) => `${table}: ${status ? `its import is ${status}` : 'it has no import'}`,
      ),
    ),
    ...(running.length > 0
      ? [section(runningImports, '', 'Unfinished imports, whose ledgers are still open', running)]
      : []),
    `${found.equal ? 'There are no differences' : 'There are differences'}, as of ${asOf.toISOString()}.`,
  ];
  return sections.join('\n');
}

function describeCounts(found: Verification): string {
  const { products, names, missingCounts, superfluousCounts, wrongCounts } = found;
  const kinds: [string, Listed<CountDifference>][] = [
    ['Names of products without a count', missingCounts],
    ['Counts of names that no product has', superfluousCounts],
    ['Counts that are wrong', wrongCounts],
  ];
  const differing = kinds.filter(([, { total }]) => total > 0);
  if (differing.length === 0) {
    return `${formatCount(products)} products, ${formatCount(names)} names: each count is the number of its products.`;
  }
  const sections = differing.map(([title, listed]) => section(listed, '', title, countLines(listed.first)));
  return [`${formatCount(products)} products, ${formatCount(names)} names:`, ...sections].join('\n');
}

function countLines(differences: readonly CountDifference[]): string[] {
  const rows = differences.map(({ name, products, kept }) => [quoted(name), products, kept]);
  return alignTable([['name', 'products', 'kept'], ...rows]).split('\n');
}

function ledgerLine({ importId, fileName, check, ledger, found }: LedgerDifference): string {
  const [says, counted] = LEDGER_CHECKS[check];
  return `${importId} ${quoted(fileName)}: ${says} ${formatCount(ledger)}, ${counted} ${formatCount(found)}`;
}

/** @param none returned if there is nothing to list */
function section(
  { total, first }: Listed<unknown>,
  none: string,
  title: string,
  lines: readonly string[],
): string {
  if (total === 0) return none;
  const more = total - first.length;
  const rest = more > 0 ? [`and ${formatCount(more)} more`] : [];
  return [`${title} (${formatCount(total)}):`, ...[...lines, ...rest].map((line) => `  ${line}`)].join('\n');
}

/** On one line, and without terminal control characters. */
function quoted(text: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped);
}
