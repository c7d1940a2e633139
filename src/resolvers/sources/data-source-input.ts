// Validates the inputs of addDataSource and updateDataSource.

import type {
  DataSourceChanges,
  DataSourceKind,
  DataSourceMode,
  DataSourceSetup,
  Header,
} from '../../db/sources/data-source-store.ts';
import type { DuplicateRule } from '../../db/tables.ts';
import { FieldChecks } from '../../errors.ts';
import { DEFAULT_DIALECT } from '../../ingest/read/dialect.ts';
import { checkSourceHeaders, checkSourceUrl } from '../../sources/fetch/http/source-address.ts';
import { badInput, checkName, withoutNulls } from '../bad-input.ts';
import { type ColumnOptionsInput, readColumnOptions } from '../imports/column-options.ts';
import { type DialectInput, readDialectChanges } from '../imports/dialect.ts';
import { checkMaxRejectedRows } from '../imports/import-options.ts';

export interface DataSourceInput extends DialectInput, ColumnOptionsInput {
  name?: string | null | undefined;
  kind?: DataSourceKind | null | undefined;
  url?: string | null | undefined;
  intervalSeconds?: number | null | undefined;
  mode?: DataSourceMode | null | undefined;
  maxDeletedShare?: number | null | undefined;
  maxRejectedRows?: number | null | undefined;
  headers?: Header[] | null | undefined;
  onDuplicate?: DuplicateRule | null | undefined;
  profile?: string | null | undefined;
}

export type NewDataSourceInput = DataSourceInput & { name: string; kind: DataSourceKind; url: string };

const DEFAULT_INTERVAL_SECONDS = 300;
const DEFAULT_MAX_DELETED_SHARE = 0.2;
const LONGEST_INTERVAL_SECONDS = 30 * 86_400;

/** @throws LoadstoneError BAD_USER_INPUT, SOURCE_ADDRESS_REFUSED; with all fields that are wrong */
export function readNewSource(
  input: NewDataSourceInput,
  allowPrivate: boolean,
): { setup: DataSourceSetup; headers: Header[] } {
  const { name, kind, url } = input;
  const { headers = [], ...given } = readSourceChanges(input, allowPrivate);
  const defaults = {
    intervalSeconds: DEFAULT_INTERVAL_SECONDS,
    mode: 'UPSERT' as const,
    maxDeletedShare: DEFAULT_MAX_DELETED_SHARE,
    maxRejectedRows: null,
    mapping: null,
    defaults: null,
    keepColumns: null,
    onDuplicate: null,
    profile: null,
    ...DEFAULT_DIALECT,
  };
  return { setup: { name, kind, url, ...defaults, ...given }, headers };
}

/**
 * Omitted fields keep their values. So do fields that are null, except for the options for reading a file, which
 * return to their defaults.
 *
 * @throws LoadstoneError BAD_USER_INPUT, SOURCE_ADDRESS_REFUSED; with all fields that are wrong
 */
export function readSourceChanges(input: DataSourceInput, allowPrivate: boolean): DataSourceChanges {
  const { kind, mode, ...given } = input;
  const { name, url, intervalSeconds, maxDeletedShare, headers } = withoutNulls(given);
  const checks = new FieldChecks();
  checks.run(() => {
    if (name !== undefined) checkName('A data source', name);
  });
  checks.run(() => checkInterval(intervalSeconds));
  checks.run(() => checkMaxDeletedShare(maxDeletedShare));
  checks.run(() => checkSourceHeaders(headers ?? []));
  const address = checks.run(() => (url === undefined ? {} : { url: checkSourceUrl(url, allowPrivate) }));
  const dialect = checks.run(() => readDialectChanges(input));
  const columns = checks.run(() => readColumnOptions(input));
  const limit = checks.run(() => readRejectionLimit(input));
  checks.finish();
  const others = { name, kind, mode, intervalSeconds, maxDeletedShare, headers };
  return {
    ...withoutNulls(others),
    ...address,
    ...dialect,
    ...columns,
    ...(input.onDuplicate !== undefined && { onDuplicate: input.onDuplicate }),
    ...(input.profile !== undefined && { profile: input.profile }),
    ...limit,
  };
}

function checkInterval(intervalSeconds: number | undefined): void {
  if (intervalSeconds !== undefined && (intervalSeconds < 1 || intervalSeconds > LONGEST_INTERVAL_SECONDS)) {
    throw badInput(
      `\`intervalSeconds\` must be from 1 to ${LONGEST_INTERVAL_SECONDS}, which is 30 days.`,
      'intervalSeconds',
      'OUT_OF_RANGE',
    );
  }
}

function checkMaxDeletedShare(maxDeletedShare: number | undefined): void {
  if (maxDeletedShare !== undefined && !(maxDeletedShare >= 0 && maxDeletedShare <= 1)) {
    throw badInput(
      '`maxDeletedShare` must be from 0 (always ask for confirmation) to 1 (never ask).',
      'maxDeletedShare',
      'OUT_OF_RANGE',
    );
  }
}

/** Null restores the setting of the server. */
function readRejectionLimit({ maxRejectedRows }: DataSourceInput): DataSourceChanges {
  if (maxRejectedRows === undefined) return {};
  checkMaxRejectedRows(maxRejectedRows);
  return { maxRejectedRows };
}
