// Prints an import: a progress bar, then its ledger, error, warnings and first rejected rows.

import { FIRST_REJECTED, UNDONE, WARNINGS } from '../client/documents.ts';
import { type FinishedImport, followImport, importFile } from '../client/import-file.ts';
import type { ImportOptions, ImportState, LoadstoneClient } from '../client/loadstone-client.ts';
import type { OutgoingFile } from '../client/post-file.ts';
import { alignTable, formatCount, formatDuration } from './format.ts';
import { withFlags } from './options-as-flags.ts';
import { openProgressBar } from './progress-bar.ts';
import { showPreview } from './show-preview.ts';

interface Rejected {
  line: number;
  column: string | null;
  code: string;
  message: string;
}

interface Warning {
  code: string;
  message: string;
  line: number | null;
}

const CANCEL_WITHIN_MS = 5000;

/**
 * `importFile` with a progress bar. The signal cancels the import.
 *
 * @throws RequestRefused, ServerUnreachable, an error of the file's stream, the signal's reason
 */
export function importWithBar(
  client: LoadstoneClient,
  file: OutgoingFile,
  options: ImportOptions & { id: string },
  signal: AbortSignal,
): Promise<FinishedImport> {
  return withBar(client, options.id, signal, (show, disconnect) =>
    importFile(client, file, options, show, disconnect),
  );
}

/**
 * Commits a previewed import, and shows a progress bar until it has finished. The signal cancels the import.
 *
 * @throws RequestRefused, ServerUnreachable, the signal's reason
 */
export function commitWithBar(
  client: LoadstoneClient,
  id: string,
  signal: AbortSignal,
): Promise<FinishedImport> {
  return withBar(client, id, signal, async (show, disconnect) => {
    const start = performance.now();
    await client.commit(id, disconnect);
    const state = await followImport(client, id, show, disconnect);
    return { state, seconds: (performance.now() - start) / 1000 };
  });
}

/**
 * Undoes an import, with a progress bar. The signal cancels the undo.
 *
 * @throws RequestRefused, ServerUnreachable, the signal's reason
 */
export async function undoWithBar(
  client: LoadstoneClient,
  undone: string,
  signal: AbortSignal,
): Promise<FinishedImport> {
  const start = performance.now();
  const { id } = await client.undo(undone, signal);
  return withBar(client, id, signal, async (show, disconnect) => {
    const state = await followImport(client, id, show, disconnect);
    return { state, seconds: (performance.now() - start) / 1000 };
  });
}

interface Undone {
  rows: { read: number; inserted: number; updated: number; deleted: number; kept: number };
  keptProducts: {
    nodes: { sku: string; kind: string; changedBy: { id: string; fileName: string } | null }[];
  };
}

export async function showUndo(client: LoadstoneClient, { state, seconds }: FinishedImport): Promise<void> {
  const { id, fileName, status, error } = state;
  const found = await client.query<{ import: Undone }>(UNDONE, { id });
  const { rows, keptProducts } = found.import;
  console.log(`\nUndo ${id} of ${fileName}: ${status} after ${formatDuration(seconds)}`);
  if (error) console.log(`${error.code}: ${error.message}`);
  const ledger: [string, number][] = [
    ['changed', rows.read],
    ['restored', rows.updated + rows.inserted],
    ['removed', rows.deleted],
    ['kept', rows.kept],
  ];
  console.log(`\n${alignTable(ledger)}`);
  if (rows.kept === 0) return;
  const table = keptProducts.nodes.map(({ sku, kind, changedBy }) => [
    sku,
    `${kind.toLowerCase()} since by ${changedBy ? `import ${changedBy.id} of ${changedBy.fileName}` : 'an edit'}`,
  ]);
  console.log(
    `\nKept products (${formatCount(table.length)} of ${formatCount(rows.kept)}):\n${alignTable(table)}`,
  );
}

async function withBar(
  client: LoadstoneClient,
  id: string,
  signal: AbortSignal,
  run: (show: (state: ImportState) => void, disconnect: AbortSignal) => Promise<FinishedImport>,
): Promise<FinishedImport> {
  const disconnect = new AbortController();
  // Cancel before disconnecting: a broken upload would count as a failure.
  const cancel = async () => {
    await client.cancel(id, AbortSignal.timeout(CANCEL_WITHIN_MS)).catch(() => {});
    disconnect.abort(signal.reason);
  };
  signal.addEventListener('abort', cancel, { once: true });
  const bar = openProgressBar();
  const show = (state: ImportState) =>
    bar.show({ ...state, phase: state.status.toLowerCase(), rows: state.rows.read });
  try {
    signal.throwIfAborted();
    return await run(show, disconnect.signal);
  } finally {
    bar.close();
    signal.removeEventListener('abort', cancel);
  }
}

export async function showImport(client: LoadstoneClient, { state, seconds }: FinishedImport): Promise<void> {
  const { id, fileName, status, rows, error, issuesUrl, retryableUntil } = state;
  const speed = formatCount(rows.read / seconds);
  console.log(`\nImport ${id} of ${fileName}: ${status} after ${formatDuration(seconds)}, ${speed} rows/s`);
  if (error) console.log(`${error.code}: ${withFlags(error.message)}`);
  if (retryableUntil) {
    console.log(`To retry it until ${retryableUntil}: mutation { retryImport(id: "${id}") { status } }`);
  }
  if (status === 'READY') await showPreview(client, id);
  else console.log(`\n${alignTable(Object.entries(rows))}`);
  if (status === 'COMPLETED') showWhyNothingChanged(rows);
  await showWarnings(client, id);
  if (rows.rejected > 0) await showRejected(client, id, rows.rejected);
  if (issuesUrl && rows.rejected > 0)
    console.log(`\nRejected rows as CSV, to correct and import again: ${issuesUrl}`);
  if (issuesUrl && rows.superseded > 0) console.log(`\nAll issues as CSV: ${issuesUrl}?kind=ALL`);
}

function showWhyNothingChanged({ read, inserted, updated, rejected }: ImportState['rows']): void {
  if (inserted + updated > 0) return;
  const reason =
    read === 0
      ? 'The file has a header, but no rows.'
      : rejected === read
        ? 'No row of the file could be imported.'
        : 'The products were already as the file says.';
  console.log(`\nNothing was changed. ${reason}`);
}

async function showWarnings(client: LoadstoneClient, id: string): Promise<void> {
  const data = await client.query<{ import: { warnings: Warning[] } }>(WARNINGS, { id });
  const table = data.import.warnings.map(({ code, message, line }) => [
    line === null ? '' : String(line),
    code,
    withFlags(message),
  ]);
  if (table.length > 0) console.log(`\nWarnings:\n${alignTable(table)}`);
}

async function showRejected(client: LoadstoneClient, id: string, count: number): Promise<void> {
  const data = await client.query<{ import: { issues: { edges: { node: Rejected }[] } } }>(FIRST_REJECTED, {
    id,
  });
  const first = data.import.issues.edges.map(({ node }) => node);
  const table = first.map(({ line, column, code, message }) => [
    line,
    column ?? '',
    code,
    withFlags(message),
  ]);
  console.log(
    `\nRejected rows (${formatCount(first.length)} of ${formatCount(count)}):\n${alignTable(table)}`,
  );
}
