// The rows of an import that did not reach the catalogue, paginated and filtered by kind and reason.

import { Anchor, Button, Group, SegmentedControl, Select, Stack, Text, Title } from '@mantine/core';
import { useDidUpdate, useHotkeys } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { useFreshQuery, useLiveImports } from '../../../api/api.tsx';
import { hasEnded, type ImportState } from '../../../api/live/import-state.ts';
import { DownloadIcon } from '../../../components/display/icons.tsx';
import { EmptyState } from '../../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { FIRST_PAGE, Pager, pageVariables } from '../../../components/list/pager.tsx';
import { useQueryParams } from '../../../hooks/use-query-params.ts';
import { useMay } from '../../../hooks/use-session.ts';
import { useUnsavedEdits } from '../../../leaving/use-unsaved-edits.ts';
import { isIssueCode, issueLabel } from '../../../utils/errors/issue-labels.ts';
import { formatCount, pluralize } from '../../../utils/format.ts';
import { type Issue, IssueCounts, type IssueKind, Issues } from './documents.ts';
import { ImportCorrections } from './import-corrections.tsx';
import { IssueGrid } from './issue-grid.tsx';
import { useCorrections } from './use-corrections.ts';

const NONE: readonly Issue[] = [];
const PAGE_SIZE = 25;
const KINDS: readonly IssueKind[] = ['REJECTED', 'SUPERSEDED'];

export function IssuesSection({ state }: { state: ImportState }) {
  const { id, rows } = state;
  const params = useQueryParams();
  const kind = KINDS.find((each) => each === params.get('kind'));
  const given = params.get('code');
  const code = isIssueCode(given) ? given : null;
  const [{ data, error, fetching }, refetch] = useFreshQuery({
    query: Issues,
    variables: { id, ...pageVariables(params, PAGE_SIZE), kind: kind ?? null, code },
  });
  const [{ data: counted }, refetchCounts] = useFreshQuery({ query: IssueCounts, variables: { id } });
  // Issues found while the import runs are shown once it has ended, and what became of corrections, whoever made them.
  const others = useLiveImports().filter((each) => each.kind === 'CORRECTION' || each.kind === 'UNDO');
  const changes = others.map((each) => `${each.id} ${each.status}`).join();
  useDidUpdate(() => {
    refetch({ requestPolicy: 'network-only' });
    refetchCounts({ requestPolicy: 'network-only' });
  }, [hasEnded(state), changes]);
  const section = useScrollToHash();

  const connection = data?.import?.issues;
  const correcting = useCorrections(id, connection?.nodes ?? NONE);
  useUnsavedEdits(correcting.count > 0);
  useHotkeys([['mod+Enter', () => void correcting.send()]], []);
  const { corrects, correctedRows = 0, correctionCount = 0 } = counted?.import ?? {};
  const mayCorrect = useMay('WRITER');
  const canCorrect = mayCorrect && state.status === 'COMPLETED' && state.kind !== 'CORRECTION';
  const superseded = counted?.import?.issueCounts.find((each) => each.kind === 'SUPERSEDED');
  const isCut = kind !== 'REJECTED' && superseded !== undefined && superseded.kept < superseded.count;
  const codes = (counted?.import?.issueCounts ?? []).filter((each) => !kind || each.kind === kind);
  return (
    <Stack
      gap="md"
      component="section"
      aria-labelledby="issues"
      ref={section}
      style={{ scrollMarginTop: '5rem' }}
    >
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={2} id="issues">
            Issues
          </Title>
          <Text size="sm" c="dimmed" maw="46rem">
            Rows that did not reach the catalogue.{' '}
            {corrects ? (
              <>
                They are corrected{' '}
                <Anchor component={Link} href={`/imports/${corrects.id}#issues`} inherit underline="always">
                  where they were rejected first
                </Anchor>
                .
              </>
            ) : (
              canCorrect &&
              'Correct the rejected ones here, or download them, correct them in a spreadsheet and import that file.'
            )}
          </Text>
          {correctionCount > 0 && (
            <Text size="sm">
              {formatCount(correctedRows)} of {pluralize(rows.rejected, 'rejected row')} corrected:{' '}
              <Anchor component={Link} href={`/imports?corrects=${id}`} inherit underline="always">
                {pluralize(correctionCount, 'correction')}
              </Anchor>
            </Text>
          )}
        </div>
        {(kind === 'SUPERSEDED' ? rows.superseded : rows.rejected) > 0 && (
          <Button
            component="a"
            href={`/imports/${id}/issues.csv${kind === 'SUPERSEDED' ? '?kind=SUPERSEDED' : ''}`}
            download
            variant="default"
            leftSection={<DownloadIcon size={16} />}
          >
            Download as CSV
          </Button>
        )}
      </Group>
      <Group justify="space-between">
        <Group gap="sm">
          <SegmentedControl
            aria-label="Kind"
            value={kind ?? ''}
            onChange={(value) => params.set({ kind: value, code: null, ...FIRST_PAGE })}
            data={[
              { value: '', label: `All ${formatCount(rows.rejected + rows.superseded)}` },
              { value: 'REJECTED', label: `Rejected ${formatCount(rows.rejected)}` },
              { value: 'SUPERSEDED', label: `Superseded ${formatCount(rows.superseded)}` },
            ]}
          />
          <Select
            aria-label="Reason"
            placeholder="Any reason"
            clearable
            w={260}
            value={code}
            onChange={(value) => params.set({ code: value, ...FIRST_PAGE })}
            data={codes.map((each) => ({
              value: each.code,
              label: `${issueLabel(each.code)} (${formatCount(each.count)})`,
            }))}
          />
        </Group>
        <Pager label="issues" pageInfo={connection?.pageInfo} />
      </Group>
      {isCut && (
        <Text size="sm" role="note">
          Of {pluralize(superseded.count, 'superseded row')}, {formatCount(superseded.kept)} are listed here
          and in the download. The server keeps no more, but has counted all of them.
        </Text>
      )}
      {error && !connection && (
        <ErrorAlert
          title="The issues could not be loaded"
          error={error}
          onRetry={() => refetch({ requestPolicy: 'network-only' })}
        />
      )}
      {!connection && fetching && <Loading rows={8} rowHeight={84} what="the issues" />}
      {connection && connection.nodes.length > 0 && (
        <>
          <IssueGrid
            state={state}
            issues={connection.nodes}
            corrections={correcting.corrections}
            canCorrect={canCorrect}
            onEdit={correcting.edit}
          />
          {canCorrect && <ImportCorrections correcting={correcting} />}
          <Group justify="flex-end">
            <Pager label="issues, below the list" pageInfo={connection.pageInfo} />
          </Group>
        </>
      )}
      {connection?.nodes.length === 0 && (
        <EmptyState
          title="No issues match the filters"
          actions={
            <Button variant="default" onClick={() => params.set({ kind: null, code: null, ...FIRST_PAGE })}>
              Show all
            </Button>
          }
        />
      )}
    </Stack>
  );
}

/** Scrolls to the issues if the address ends in #issues, as the browser finds none when it loads the page. */
function useScrollToHash() {
  const section = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (location.hash === '#issues') section.current?.scrollIntoView();
  }, []);
  return section;
}
