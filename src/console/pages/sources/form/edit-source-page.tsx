// Edits a data source. Sends only what changed, so that concurrent edits of other settings are kept.

import { Anchor } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { Link } from 'wouter';
import { useFreshQuery } from '../../../api/api.tsx';
import { ErrorAlert } from '../../../components/layout/error-alert.tsx';
import { Loading } from '../../../components/layout/loading.tsx';
import { LookOnly, Needs } from '../../../components/layout/needs.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { SourceById, type SourceDetails, UpdateSource } from '../documents.ts';
import { isInvalidId, SourceNotFound } from '../source-not-found.tsx';
import { changesOf, draftOf } from './source-draft.ts';
import { SourceForm } from './source-form.tsx';

export default function EditSourcePage({ id }: { id: string }) {
  const [{ data, error }, refetch] = useFreshQuery({
    query: SourceById,
    variables: { id },
    // The form must not start from stale settings.
    requestPolicy: 'network-only',
  });
  const source = data?.dataSource;
  if (source === null || isInvalidId(error)) return <SourceNotFound id={id} />;
  return (
    <Page
      title={source ? `Edit ${source.name}` : 'Edit a source'}
      description={
        <>
          <Anchor component={Link} href="/sources" inherit underline="always">
            Sources
          </Anchor>
          {source && (
            <>
              {' / '}
              <Anchor component={Link} href={`/sources/${id}`} inherit underline="always">
                {source.name}
              </Anchor>
            </>
          )}
        </>
      }
    >
      {source && (
        <Needs access="ADMIN" otherwise={<LookOnly what="change sources" />}>
          <Editor source={source} />
        </Needs>
      )}
      {!source && error && (
        <ErrorAlert title="The source could not be loaded" error={error} onRetry={() => refetch()} />
      )}
      {!source && !error && <Loading rows={6} rowHeight={64} what="the source" />}
    </Page>
  );
}

function Editor({ source }: { source: SourceDetails }) {
  const { id } = source;
  const [start] = useState(() => draftOf(source));
  const [, update] = useMutation(UpdateSource);
  return (
    <SourceForm
      start={start}
      isEdit
      submitLabel="Save"
      cancelHref={`/sources/${id}`}
      onSubmit={async (draft) => {
        const { data, error } = await update({ id, input: changesOf(draft, start) });
        return data?.updateDataSource ? `/sources/${id}` : error;
      }}
    />
  );
}
