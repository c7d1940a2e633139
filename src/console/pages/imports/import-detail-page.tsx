// One import: its progress or outcome, its file, and the rows that did not reach the catalogue.

import { Anchor, Button, Stack } from '@mantine/core';
import { Link } from 'wouter';
import { useImport, useUploads } from '../../api/api.tsx';
import { hasEnded, importTitle } from '../../api/live/import-state.ts';
import { Time } from '../../components/display/time.tsx';
import { ImportCard } from '../../components/imports/import-card.tsx';
import { UploadCard } from '../../components/imports/upload-card.tsx';
import { EmptyState } from '../../components/layout/empty-state.tsx';
import { ErrorAlert } from '../../components/layout/error-alert.tsx';
import { Loading } from '../../components/layout/loading.tsx';
import { Page } from '../../components/layout/page.tsx';
import { ChangesSection } from './changes/changes-section.tsx';
import { KeptSection } from './changes/kept-section.tsx';
import { CorrectionNote } from './correction-note.tsx';
import { DeleteButton } from './delete/delete-button.tsx';
import { FileFacts } from './file-facts.tsx';
import { IssuesSection } from './issues/issues-section.tsx';
import { PreviewSection } from './preview/preview-section.tsx';
import { UndoSection } from './undo/undo-section.tsx';
import { WarningList } from './warning-list.tsx';

export default function ImportDetailPage({ id }: { id: string }) {
  const { state, isMissing, error, refetch } = useImport(id);
  const upload = useUploads().find((each) => each.id === id);
  const isInvalidId = error?.graphQLErrors.some(({ extensions }) => extensions['code'] === 'BAD_USER_INPUT');

  if (upload && !state) {
    return (
      <Page title={upload.file.name}>
        <UploadCard upload={upload} />
      </Page>
    );
  }
  if (isMissing || isInvalidId) {
    return (
      <Page title="Import not found">
        <EmptyState
          title={`There is no import with the ID “${id}”`}
          actions={
            <Button component={Link} href="/imports">
              Show all imports
            </Button>
          }
        >
          The address may be incomplete, or belong to another server.
        </EmptyState>
      </Page>
    );
  }
  if (!state) {
    return (
      <Page title="Import">
        {error ? (
          <ErrorAlert
            title="The import could not be loaded"
            error={error}
            onRetry={() => refetch({ requestPolicy: 'network-only' })}
          />
        ) : (
          <Loading rows={6} rowHeight={52} what="the import" />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={importTitle(state)}
      description={
        <>
          <Anchor component={Link} href="/imports" inherit underline="always">
            Import history
          </Anchor>{' '}
          / <Time iso={state.createdAt} isFocusable />
        </>
      }
    >
      <Stack gap="lg">
        {state.status === 'READY' ? (
          <PreviewSection state={state} />
        ) : (
          <ImportCard state={state} upload={upload} withoutName />
        )}
        {state.kind === 'CORRECTION' && <CorrectionNote id={id} />}
        {hasEnded(state) && <UndoSection state={state} />}
        {state.kind !== 'UNDO' && <FileFacts state={state} />}
        {state.kind !== 'UNDO' && hasEnded(state) && <WarningList id={id} />}
        {state.rows.kept > 0 && hasEnded(state) && <KeptSection id={id} />}
        {state.rows.rejected + state.rows.superseded > 0 ? (
          <IssuesSection state={state} />
        ) : (
          state.status === 'COMPLETED' &&
          state.kind !== 'UNDO' &&
          state.rows.read > 0 && (
            <EmptyState title="No issues">Every row of the file is in the catalogue.</EmptyState>
          )
        )}
        {hasEnded(state) && <ChangesSection state={state} />}
        {hasEnded(state) && <DeleteButton state={state} />}
      </Stack>
    </Page>
  );
}
