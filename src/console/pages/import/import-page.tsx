// Uploads files and shows all running imports, whoever started them.

import { Anchor, Group, Stack, Title } from '@mantine/core';
import { Link } from 'wouter';
import { useApi, useChosenFiles, useFreshQuery, useLiveImports, useUploads } from '../../api/api.tsx';
import { type ImportState, isRunning } from '../../api/live/import-state.ts';
import type { QueuedUpload } from '../../api/upload/upload-queue.ts';
import { ImportCard } from '../../components/imports/import-card.tsx';
import { UploadCard } from '../../components/imports/upload-card.tsx';
import { ErrorAlert } from '../../components/layout/error-alert.tsx';
import { LookOnly, Needs } from '../../components/layout/needs.tsx';
import { Page } from '../../components/layout/page.tsx';
import { IsEmpty } from './documents.ts';
import { FileDrop } from './file-drop.tsx';
import { ChosenList } from './inspection/chosen-list.tsx';
import { NotifyCheckbox } from './notify-checkbox.tsx';
import { SampleOffer } from './sample-offer.tsx';

export default function ImportPage() {
  const imports = useLiveImports();
  const uploads = useUploads();
  const { own } = useApi();
  const chosen = useChosenFiles();
  const [{ data, error }, refetch] = useFreshQuery({ query: IsEmpty });

  const rows = mergeRows(imports, uploads);
  const hasData = data ? data.products.nodes.length + data.imports.nodes.length > 0 : undefined;
  return (
    <Page
      title="Import"
      description="Import product files of any size: CSV, also compressed with gzip, zstd or zip, or an Excel workbook. You see what each column becomes before anything is imported."
    >
      {error && !data && (
        <ErrorAlert
          title="The catalogue could not be loaded"
          error={error}
          onRetry={() => refetch({ requestPolicy: 'network-only' })}
        />
      )}
      <Needs access="WRITER" otherwise={<LookOnly what="import files" />}>
        <FileDrop />
        <ChosenList />
      </Needs>
      {rows.length > 0 && (
        <Stack gap="sm" component="section" aria-labelledby="imports-now">
          <Group justify="space-between" align="baseline">
            <Title order={2} id="imports-now">
              Current imports
            </Title>
            <Anchor component={Link} href="/imports" size="sm">
              All imports
            </Anchor>
          </Group>
          {rows.some(({ id, state }) => own.has(id) && (!state || isRunning(state))) && <NotifyCheckbox />}
          {rows.map(({ id, state, upload }) =>
            state ? (
              <ImportCard key={id} state={state} upload={upload} />
            ) : (
              upload && <UploadCard key={id} upload={upload} />
            ),
          )}
        </Stack>
      )}
      {hasData !== undefined && (
        <Needs access="WRITER">
          <SampleOffer isFirstVisit={!hasData && rows.length === 0 && chosen.length === 0} />
        </Needs>
      )}
    </Page>
  );
}

interface Row {
  id: string;
  state: ImportState | undefined;
  upload: QueuedUpload | undefined;
}

/** The uploads of this tab, newest first, then the other imports. */
function mergeRows(imports: readonly ImportState[], uploads: readonly QueuedUpload[]): Row[] {
  const states = new Map(imports.map((state) => [state.id, state]));
  const own = uploads.map((upload) => ({ id: upload.id, state: states.get(upload.id), upload }));
  const ids = new Set(uploads.map(({ id }) => id));
  // Corrections are shown where the rows are corrected.
  const others = imports
    .filter(({ id, kind }) => !ids.has(id) && kind !== 'CORRECTION')
    .map((state) => ({ id: state.id, state, upload: undefined }));
  return [...own, ...others];
}
