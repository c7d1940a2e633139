// One data source: its state, settings, imports and actions, updated live.

import { Alert, Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useApi, useFreshQuery, useLiveImports } from '../../../api/api.tsx';
import { hasEnded } from '../../../api/live/import-state.ts';
import { WarningIcon } from '../../../components/display/icons.tsx';
import { ImportCard } from '../../../components/imports/import-card.tsx';
import { EmptyState } from '../../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { Needs } from '../../../components/layout/needs.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { errorTitle } from '../../../utils/errors/error-texts.ts';
import { plainError } from '../../../utils/errors/plain-message.ts';
import { pluralize } from '../../../utils/format.ts';
import { SourceById, SourceCount, type SourceDetails } from '../documents.ts';
import { NextCheck } from '../next-check.tsx';
import { isInvalidId, SourceNotFound } from '../source-not-found.tsx';
import { SourceStateBadge } from '../source-state-badge.tsx';
import { useSourceChanges } from '../use-source-changes.ts';
import { DeletionConfirmation } from './deletion-confirmation.tsx';
import { SourceActions } from './source-actions.tsx';
import { SourceFacts } from './source-facts.tsx';

export default function SourcePage({ id }: { id: string }) {
  const [{ data, error, fetching }, refetch] = useFreshQuery({ query: SourceById, variables: { id } });
  const [isRemoved, setRemoved] = useState(false);
  const refresh = () => refetch({ requestPolicy: 'network-only' });
  const details = data?.dataSource;
  if (isRemoved || details === null || isInvalidId(error)) return <SourceNotFound id={id} />;
  if (!details) {
    return (
      <Page title="Source">
        {error ? (
          <ErrorAlert title="The source could not be loaded" error={error} onRetry={refresh} />
        ) : (
          <Loading rows={6} rowHeight={52} what="the source" />
        )}
      </Page>
    );
  }
  return (
    <LiveSource
      details={details}
      refresh={refresh}
      busy={fetching}
      // Unsubscribes from a removed source, as the server would end each subscription immediately.
      onRemoved={() => setRemoved(true)}
    />
  );
}

interface LiveSourceProps {
  details: SourceDetails;
  refresh(): void;
  busy: boolean;
  onRemoved(): void;
}

function LiveSource({ details, refresh, busy, onRemoved }: LiveSourceProps) {
  const { id } = details;
  const [{ data: counted, fetching: counting }, refetchCounts] = useFreshQuery({
    query: SourceCount,
    variables: { id },
  });
  const fetched = useMemo(() => [details], [details]);
  const withChanges = useSourceChanges({
    id,
    fetched,
    refresh() {
      refresh();
      refetchCounts({ requestPolicy: 'network-only' });
    },
    busy: busy || counting,
  });
  const source = withChanges(details);
  const isRemoved = source.state === 'REMOVED';
  useEffect(() => {
    if (isRemoved) onRemoved();
  }, [isRemoved, onRemoved]);

  const { name, state, error, consecutiveFailures, deletionToConfirm, lastImport } = source;
  const running = useRunningImport(details);
  // The confirmation below explains this error.
  const failure = error?.code === 'DELETION_NOT_CONFIRMED' && deletionToConfirm ? null : error;
  return (
    <Page
      title={name}
      description={
        <Anchor component={Link} href="/sources" inherit underline="always">
          Sources
        </Anchor>
      }
    >
      <Paper withBorder p="md">
        <Stack gap="md">
          <Group gap="sm">
            <SourceStateBadge state={state} />
            <Text size="sm" c="dimmed">
              Next check: <NextCheck source={source} />
            </Text>
          </Group>
          <Needs access="ADMIN">
            <SourceActions source={source} />
          </Needs>
        </Stack>
      </Paper>
      {deletionToConfirm && <DeletionConfirmation source={source} deletion={deletionToConfirm} />}
      {failure && (
        <Alert color="red" icon={<WarningIcon />} title={errorTitle(failure.code, 'The source is failing')}>
          {plainError(failure)}
          <Text size="xs" mt="xs">
            Error code: {failure.code}
          </Text>
          {consecutiveFailures > 1 && (
            <Text size="sm" mt="xs">
              {pluralize(consecutiveFailures, 'failure')} in a row. Checks are retried at increasing
              intervals.
            </Text>
          )}
        </Alert>
      )}
      {running && (
        <Stack gap="sm" component="section" aria-labelledby="running">
          <Title order={2} id="running">
            Running import
          </Title>
          <ImportCard state={running} withoutSource />
        </Stack>
      )}
      <SourceFacts source={source} count={counted?.dataSource?.productCount} />
      <Stack gap="sm" component="section" aria-labelledby="last">
        <Group justify="space-between">
          <Title order={2} id="last">
            Last import
          </Title>
          <Anchor component={Link} href={`/imports?source=${id}`} size="sm" underline="always">
            All imports from this source
          </Anchor>
        </Group>
        {lastImport ? (
          <ImportCard state={lastImport} withoutSource />
        ) : (
          <EmptyState title="Nothing has been imported from this source yet">
            Its products are imported as soon as the address responds.
          </EmptyState>
        )}
      </Stack>
    </Page>
  );
}

/** The running import of this source, with live progress. */
function useRunningImport({ id, currentImport }: SourceDetails) {
  const { imports } = useApi();
  useEffect(() => {
    if (currentImport && !hasEnded(currentImport)) imports.update(currentImport);
  }, [currentImport, imports]);
  return useLiveImports().find((state) => state.source?.id === id && !hasEnded(state));
}
