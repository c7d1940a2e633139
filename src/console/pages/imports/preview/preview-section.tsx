// What an import that waits to be committed would do.

import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useFreshQuery } from '../../../api/api.tsx';
import type { ImportState } from '../../../api/live/import-state.ts';
import { Time } from '../../../components/display/time.tsx';
import { Ledger } from '../../../components/imports/outcome/ledger.tsx';
import { StatusBadge } from '../../../components/imports/progress/status-badge.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { Needs } from '../../../components/layout/needs.tsx';
import { CommitButtons } from './commit-buttons.tsx';
import { PreviewById } from './documents.ts';
import { NameMoves } from './name-moves.tsx';
import { PreviewSamples } from './preview-samples.tsx';

export function PreviewSection({ state }: { state: ImportState }) {
  const { id, expiresAt } = state;
  const [{ data, error }, refetch] = useFreshQuery({ query: PreviewById, variables: { id } });
  const preview = data?.import?.preview;
  if (error && !data) {
    return (
      <ErrorAlert
        title="The preview could not be loaded"
        error={error}
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  }
  if (!preview) return <Loading rows={6} rowHeight={52} what="the preview" />;
  const { rows, names, namesChanged, samples, asOf } = preview;
  const changes = rows.inserted + rows.updated + rows.deleted;
  return (
    <Stack gap="lg">
      <Paper withBorder p="md">
        <Stack gap="sm">
          <Group gap="sm">
            <StatusBadge state={state} />
            <Text fw={600}>Nothing has changed yet</Text>
          </Group>
          <Text size="sm">
            {changes === 0
              ? 'This import would change nothing: all products are as the file says.'
              : 'This is what the import would do. Commit it to make it so, or discard it.'}{' '}
            {expiresAt && (
              <>
                It is discarded by itself after <Time iso={expiresAt} isFocusable />.
              </>
            )}
          </Text>
          <Needs access="WRITER">
            <CommitButtons state={state} />
          </Needs>
        </Stack>
      </Paper>
      <Stack gap="sm" component="section" aria-labelledby="preview">
        <div>
          <Title order={2} id="preview">
            What would change
          </Title>
          <Text size="sm" c="dimmed">
            As of <Time iso={asOf} isFocusable />. If others change products meanwhile, the numbers may differ
            when it is committed.
          </Text>
        </div>
        <Paper withBorder p="md">
          <Ledger rows={rows} kind={state.kind} />
        </Paper>
      </Stack>
      {names.length > 0 && <NameMoves names={names} total={namesChanged} />}
      {samples.length > 0 && <PreviewSamples samples={samples} rows={rows} />}
    </Stack>
  );
}
