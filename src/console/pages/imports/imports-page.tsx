// The history of imports, newest first, with live progress.

import { Anchor, Button, Group, Select, Text } from '@mantine/core';
import { useDidUpdate } from '@mantine/hooks';
import { Link } from 'wouter';
import { useFreshQuery, useLiveImports } from '../../api/api.tsx';
import type { ImportState, ImportStatus } from '../../api/live/import-state.ts';
import { STATUS_LABELS } from '../../components/imports/progress/status-badge.tsx';
import { EmptyState } from '../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../components/layout/error-alert.tsx';
import { Loading } from '../../components/layout/loading.tsx';
import { Page } from '../../components/layout/page.tsx';
import { FIRST_PAGE, Pager, pageVariables } from '../../components/list/pager.tsx';
import { retryList } from '../../components/list/retry-list.ts';
import { useQueryParams } from '../../hooks/use-query-params.ts';
import { ImportHistory } from './documents.ts';
import { ImportTable, type ListedImport } from './import-table.tsx';

const PAGE_SIZE = 25;
const STATUSES = Object.keys(STATUS_LABELS) as ImportStatus[];

export default function ImportsPage() {
  const params = useQueryParams();
  const status = STATUSES.find((each) => each === params.get('status'));
  const sourceId = params.get('source') || null;
  const corrects = params.get('corrects') || null;
  // Corrections are grouped under the import that they correct.
  const filter = { status: status ?? null, sourceId, ...(corrects ? { corrects } : { isCorrection: false }) };
  const [{ data, error, fetching }, refetch] = useFreshQuery({
    query: ImportHistory,
    variables: { ...pageVariables(params, PAGE_SIZE), filter },
  });
  const live = useLiveImports();
  const changes = live.map((state) => `${state.id} ${state.status}`).join();
  useDidUpdate(() => refetch({ requestPolicy: 'network-only' }), [changes]);

  const showAll = () => params.set({ status: null, source: null, corrects: null, ...FIRST_PAGE });
  const retry = () => retryList(error, refetch, showAll);
  const connection = data?.imports;
  const states = connection && withLiveStates(connection.nodes, live, status);
  return (
    <Page
      title="Import history"
      description="All imported files and what became of their rows."
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
          {(sourceId || corrects) && (
            <Text size="sm">
              {corrects ? (
                <>
                  Corrections of{' '}
                  <Anchor component={Link} href={`/imports/${corrects}`} inherit underline="always">
                    one import
                  </Anchor>
                </>
              ) : (
                'From one source'
              )}{' '}
              (
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
        <ErrorAlert title="The imports could not be loaded" error={error} onRetry={retry} />
      )}
      {!states && fetching && <Loading rows={10} rowHeight={52} what="the imports" />}
      {states && states.length > 0 && <ImportTable states={states} />}
      {states?.length === 0 &&
        (status || sourceId || corrects ? (
          <EmptyState
            title={
              status
                ? `No imports with the status “${STATUS_LABELS[status]}”`
                : corrects
                  ? 'No corrections of this import'
                  : 'No imports from this source'
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
            Each file that is uploaded here or through the API is listed here with what became of its rows.
          </EmptyState>
        ))}
    </Page>
  );
}

/** Replaces listed states by newer live ones, and drops those that no longer match the filter. */
function withLiveStates(
  listed: readonly ListedImport[],
  live: readonly ImportState[],
  status: ImportStatus | undefined,
): ListedImport[] {
  const liveById = new Map(live.map((state) => [state.id, state]));
  return listed
    .map((state) => {
      const newer = liveById.get(state.id);
      return newer && newer.revision > state.revision ? { ...state, ...newer } : state;
    })
    .filter((state) => status === undefined || state.status === status);
}
