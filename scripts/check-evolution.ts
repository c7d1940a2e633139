// Compares schema.graphql, or the file that is given, with the schema of the last release: clients of that release must
// go on working, except for the changes listed here. The policy is in docs/api.md.

import { readFile } from 'node:fs/promises';
import { buildSchema, findBreakingChanges } from 'graphql';

/** At a release: put its schema there, change this, and empty the list below. */
const RELEASED = 'docs/released/schema-0.1.0.graphql';

/** Breaking changes since then that were decided on, each group with the reason. CHANGELOG.md tells clients. */
const ACCEPTED = new Set([
  // Each mutation of a request stands for itself: one that fails is null, and the others keep their results.
  'Mutation.addDataSource changed type from DataSource! to DataSource.',
  'Mutation.cancelImport changed type from Import! to Import.',
  'Mutation.confirmDataSourceDeletion changed type from DataSource! to DataSource.',
  'Mutation.importProducts changed type from Import! to Import.',
  'Mutation.pauseDataSource changed type from DataSource! to DataSource.',
  'Mutation.removeDataSource changed type from DataSource! to DataSource.',
  'Mutation.resumeDataSource changed type from DataSource! to DataSource.',
  'Mutation.retryImport changed type from Import! to Import.',
  'Mutation.syncDataSource changed type from DataSource! to DataSource.',
  'Mutation.updateDataSource changed type from DataSource! to DataSource.',
  'Mutation.updateProduct changed type from Product! to Product.',
  // Codes are enums; the values on the wire are the same.
  'DataSourceError.code changed type from String! to ErrorCode!.',
  'ImportError.code changed type from String! to ErrorCode!.',
  'RowIssue.code changed type from String! to RowIssueCode!.',
  'RowIssueCount.code changed type from String! to RowIssueCode!.',
  // An unknown code is refused instead of finding nothing.
  'Import.issues arg code has changed type from String to RowIssueCode.',
]);

const root = new URL('../', import.meta.url);
const schemaOf = async (path: string) => buildSchema(await readFile(new URL(path, root), 'utf8'));

const released = await schemaOf(RELEASED);
const current = await schemaOf(process.argv[2] ?? 'schema.graphql');
const found = findBreakingChanges(released, current).map(({ description }) => description);
const unaccepted = found.filter((description) => !ACCEPTED.has(description));
const outdated = [...ACCEPTED].filter((description) => !found.includes(description));

if (unaccepted.length > 0) {
  console.error(
    `The schema breaks clients of the last release (${RELEASED}):\n${unaccepted.map((each) => `  ${each}\n`).join('')}Keep what was there, and deprecate it. If it has been deprecated for two minor versions, list the change in scripts/check-evolution.ts and in CHANGELOG.md.`,
  );
  process.exitCode = 1;
}
if (outdated.length > 0) {
  console.error(
    `scripts/check-evolution.ts accepts changes that are not there:\n${outdated.map((each) => `  ${each}\n`).join('')}Remove them from the list.`,
  );
  process.exitCode = 1;
}
