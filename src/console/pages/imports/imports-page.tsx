// The history of imports, the newest first; those at work move.

import { Anchor, Button, Group, Select, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { useFreshQuery, useLiveImports } from '../../api/api.tsx';
import type { ImportState, ImportStatus } from '../../api/import-state.ts';
import { STATUS_LABELS } from '../../components/imports/status-badge.tsx';
import { EmptyState } from '../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../components/layout/error-alert.tsx';
import { Loading } from '../../components/layout/loading.tsx';
import { Page } from '../../components/layout/page.tsx';
import { FIRST_PAGE, Pager, pageVariables } from '../../components/list/pager.tsx';
import { useQueryParams } from '../../hooks/use-query-params.ts';
import { ImportHistory } from './documents.ts';
import { ImportTable } from './import-table.tsx';

const PAGE_SIZE = 25;
const STATUSES = Object.keys(STATUS_LABELS) as ImportStatus[];

export default function ImportsPage() {
  const params = useQueryParams();
  const status = STATUSES.find((each) => each === params.get('status'));
  const sourceId = params.get('source') || null;
  const [{ data, error, fetching }, refetch] = useFreshQuery({
    query: ImportHistory,
    variables: { ...pageVariables(params, PAGE_SIZE), filter: { status: status ?? null, sourceId } },
  });
  const live = useLiveImports();
  const changes = live.map((state) => `${state.id} ${state.status}`).join();
  useAfterFirst(changes, () => refetch({ requestPolicy: 'network-only' }));

  const showAll = () => params.set({ status: null, source: null, ...FIRST_PAGE });
  const connection = data?.imports;
  const states = connection && newest(connection.nodes, live, status);
  return (
    <Page
      title="Imports"
      description="Every file that was sent, and what became of its rows."
      actions={
        <Button component={Link} href="/">
          Import files
        </Button>
      }
    >
      <Group justify="space-between">
        <Group gap="sm">
          <Select
            aria-label="Status"
            placeholder="All"
            clearable
            w={190}
            data={STATUSES.map((value) => ({ value, label: STATUS_LABELS[value] }))}
            value={status ?? null}
            onChange={(value) => params.set({ status: value, ...FIRST_PAGE })}
          />
          {sourceId && (
            <Text size="sm">
              of one source (
              <Anchor component="button" inherit underline="always" onClick={showAll}>
                show all
              </Anchor>
              )
            </Text>
          )}
        </Group>
        <Pager label="imports" pageInfo={connection?.pageInfo} />
      </Group>
      {error && !connection && (
        <ErrorAlert
          title="The imports could not be loaded"
          error={error}
          onRetry={() => refetch({ requestPolicy: 'network-only' })}
        />
      )}
      {!states && fetching && <Loading rows={10} rowHeight={52} what="the imports" />}
      {states && states.length > 0 && <ImportTable states={states} />}
      {states?.length === 0 &&
        (status || sourceId ? (
          <EmptyState
            title={
              status ? `No import is “${STATUS_LABELS[status].toLowerCase()}”` : 'No import of this source'
            }
            actions={
              <Button variant="default" onClick={showAll}>
                Show all
              </Button>
            }
          />
        ) : (
          <EmptyState
            title="Nothing has been imported yet"
            actions={
              <Button component={Link} href="/">
                Import a file
              </Button>
            }
          >
            Each file that is sent, here or through the API, is listed with what became of its rows.
          </EmptyState>
        ))}
    </Page>
  );
}

/** The states as listed, moved on to what was heard of them since; without those that the filter no longer has. */
function newest(
  listed: readonly ImportState[],
  live: readonly ImportState[],
  status: ImportStatus | undefined,
): ImportState[] {
  const heard = new Map(live.map((state) => [state.id, state]));
  return listed
    .map((state) => {
      const newer = heard.get(state.id);
      return newer && newer.revision > state.revision ? newer : state;
    })
    .filter((state) => status === undefined || state.status === status);
}

function useAfterFirst(key: string, act: () => void): void {
  const last = useRef(key);
  const action = useRef(act);
  action.current = act;
  useEffect(() => {
    if (last.current !== key) action.current();
    last.current = key;
  }, [key]);
}
