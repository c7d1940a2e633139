// A table of imports. On narrow screens, each row becomes a block.

import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { hasEnded, type ImportState, importTitle, isRunning } from '../../api/live/import-state.ts';
import { Time } from '../../components/display/time.tsx';
import { LedgerBar } from '../../components/imports/outcome/ledger.tsx';
import { ImportProgressBar } from '../../components/imports/progress/import-progress-bar.tsx';
import { StatusBadge } from '../../components/imports/progress/status-badge.tsx';
import { SourceLink } from '../../components/imports/source-link.tsx';
import { errorTitle } from '../../utils/errors/error-texts.ts';
import { plainError } from '../../utils/errors/plain-message.ts';
import { formatBytes, formatCount, formatSeconds, secondsBetween } from '../../utils/format.ts';
import classes from './import-table.module.css';

export interface ListedImport extends ImportState {
  correctionCount: number;
  /** How many of its rejected rows are corrected by now. */
  correctedRows: number;
}

export function ImportTable({ states }: { states: readonly ListedImport[] }) {
  return (
    <Table className={classes['table'] ?? ''} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>File</Table.Th>
          <Table.Th>Status</Table.Th>
          <Table.Th className={classes['number'] ?? ''}>Rows</Table.Th>
          <Table.Th>Ledger</Table.Th>
          <Table.Th className={classes['number'] ?? ''}>Issues</Table.Th>
          <Table.Th className={classes['number'] ?? ''}>Duration</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {states.map((state) => (
          <ImportRow key={state.id} state={state} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function ImportRow({ state }: { state: ListedImport }) {
  const { id, fileName, source, rows, createdAt, updatedAt, finishedAt, bytesReceived, error } = state;
  const issues = rows.rejected + rows.superseded;
  return (
    <Table.Tr>
      <Table.Td className={classes['file'] ?? ''}>
        <Anchor component={Link} href={`/imports/${id}`} size="sm" fw={600} className={classes['name'] ?? ''}>
          {importTitle(state)}
        </Anchor>
        <Text size="xs" c="dimmed">
          <Time iso={createdAt} />
          {state.kind !== 'UNDO' && ` · ${formatBytes(bytesReceived)}`}
          {source && (
            <>
              {' · '}
              <SourceLink source={source} size="xs" />
            </>
          )}
        </Text>
      </Table.Td>
      <Table.Td className={classes['status'] ?? ''}>
        <StatusBadge state={state} />
        {state.correctionCount > 0 && (
          <Anchor component={Link} href={`/imports?corrects=${id}`} size="xs" display="block" w="fit-content">
            {formatCount(state.correctedRows)} of them corrected
          </Anchor>
        )}
      </Table.Td>
      <Table.Td className={classes['number'] ?? ''} data-label="Rows">
        {formatCount(rows.read)}
      </Table.Td>
      <Table.Td className={classes['ledger'] ?? ''}>
        {hasEnded(state) ? (
          error ? (
            <Text size="sm" c="dimmed" lineClamp={1} title={plainError(error)}>
              {errorTitle(error.code, 'It failed')}
            </Text>
          ) : (
            <>
              <LedgerBar rows={rows} kind={state.kind} />
              {rows.deleted > 0 && state.kind !== 'UNDO' && (
                <Text size="xs">{formatCount(rows.deleted)} deleted</Text>
              )}
            </>
          )
        ) : isRunning(state) ? (
          <ImportProgressBar state={state} />
        ) : (
          <Text size="sm" c="dimmed">
            Nothing changed yet
          </Text>
        )}
      </Table.Td>
      <Table.Td className={classes['number'] ?? ''} data-label="Issues">
        {issues > 0 ? (
          <Anchor
            component={Link}
            href={`/imports/${id}#issues`}
            inherit
            aria-label={`${formatCount(issues)} issues of ${fileName}`}
          >
            {formatCount(issues)}
          </Anchor>
        ) : (
          '0'
        )}
      </Table.Td>
      <Table.Td className={classes['number'] ?? ''} data-label="Duration">
        {formatSeconds(secondsBetween(createdAt, finishedAt ?? updatedAt))}
      </Table.Td>
    </Table.Tr>
  );
}
