// A table of data sources. On narrow screens, each row becomes a block.

import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useLiveImports } from '../../../api/api.tsx';
import { hasEnded, type ImportState } from '../../../api/live/import-state.ts';
import { RelativeTime } from '../../../components/display/time.tsx';
import { ImportProgressBar } from '../../../components/imports/progress/import-progress-bar.tsx';
import { errorTitle } from '../../../utils/errors/error-texts.ts';
import { plainError } from '../../../utils/errors/plain-message.ts';
import { formatCount, pluralize } from '../../../utils/format.ts';
import type { Source } from '../documents.ts';
import { NextCheck } from '../next-check.tsx';
import { SourceStateBadge } from '../source-state-badge.tsx';
import classes from './source-table.module.css';

interface SourceTableProps {
  sources: readonly Source[];
  /** The number of products imported from each source, by its id; empty until counted. */
  counts: ReadonlyMap<string, number>;
}

export function SourceTable({ sources, counts }: SourceTableProps) {
  const running = useLiveImports().filter((state) => !hasEnded(state));
  return (
    <Table className={classes['table'] ?? ''} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Source</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Last check</Table.Th>
          <Table.Th>Last change</Table.Th>
          <Table.Th>Next check</Table.Th>
          <Table.Th className={classes['number'] ?? ''}>Products</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sources.map((source) => (
          <SourceRow
            key={source.id}
            source={source}
            count={counts.get(source.id)}
            running={running.find((state) => state.source?.id === source.id)}
          />
        ))}
      </Table.Tbody>
    </Table>
  );
}

interface SourceRowProps {
  source: Source;
  count: number | undefined;
  running: ImportState | undefined;
}

function SourceRow({ source, count, running }: SourceRowProps) {
  const { id, name, url, state, lastCheckAt, lastChangeAt } = source;
  return (
    <Table.Tr>
      <Table.Td className={classes['source'] ?? ''}>
        <Anchor component={Link} href={`/sources/${id}`} size="sm" fw={600} className={classes['name'] ?? ''}>
          {name}
        </Anchor>
        <Text size="xs" c="dimmed" truncate title={url}>
          {url}
        </Text>
        <SourceProblem source={source} />
      </Table.Td>
      <Table.Td className={classes['state'] ?? ''}>
        <SourceStateBadge state={state} />
        {running && <ImportProgressBar state={running} mt={4} />}
      </Table.Td>
      <Table.Td className={classes['time'] ?? ''} data-label="Last check">
        {lastCheckAt ? <RelativeTime iso={lastCheckAt} is="past" /> : 'never'}
      </Table.Td>
      <Table.Td className={classes['time'] ?? ''} data-label="Last change">
        {lastChangeAt ? <RelativeTime iso={lastChangeAt} is="past" /> : 'never'}
      </Table.Td>
      <Table.Td className={classes['time'] ?? ''} data-label="Next check">
        <NextCheck source={source} />
      </Table.Td>
      <Table.Td className={classes['number'] ?? ''} data-label="Products">
        {count === undefined ? '…' : formatCount(count)}
      </Table.Td>
    </Table.Tr>
  );
}

/** Why the source fails, or what the user must confirm. */
function SourceProblem({ source: { error, consecutiveFailures } }: { source: Source }) {
  if (!error) return null;
  if (error.code === 'DELETION_NOT_CONFIRMED') {
    return (
      <Text size="xs" mt={2} className={classes['problem'] ?? ''} data-needs-confirmation>
        The import would delete more products than allowed without confirmation. Review the deletion.
      </Text>
    );
  }
  const times = consecutiveFailures > 1 ? `${pluralize(consecutiveFailures, 'failure')} in a row: ` : '';
  return (
    <Text size="xs" mt={2} lineClamp={3} title={plainError(error)} className={classes['problem'] ?? ''}>
      {times}
      {errorTitle(error.code, 'The check failed')}. {plainError(error)}
    </Text>
  );
}
