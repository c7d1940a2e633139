// Adds a data source, which is then seen to be imported.

import { Anchor } from '@mantine/core';
import { useMutation } from 'urql';
import { Link, useLocation } from 'wouter';
import { Page } from '../../../components/layout/page.tsx';
import { AddSource } from '../documents.ts';
import { EMPTY_DRAFT, newSourceOf } from './source-draft.ts';
import { SourceForm } from './source-form.tsx';

export default function NewSourcePage() {
  const [, add] = useMutation(AddSource);
  const [, navigate] = useLocation();
  return (
    <Page
      title="Add a source"
      description={
        <Anchor component={Link} href="/sources" inherit underline="always">
          Sources
        </Anchor>
      }
    >
      <SourceForm
        start={EMPTY_DRAFT}
        isChange={false}
        submitLabel="Add the source"
        cancelHref="/sources"
        onSubmit={async (draft) => {
          const { data, error } = await add({ input: newSourceOf(draft) });
          // In place of the form: the back button should not lead to it again.
          if (data) navigate(`/sources/${data.addDataSource.id}`, { replace: true });
          return error;
        }}
      />
    </Page>
  );
}
