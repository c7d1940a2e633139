// Adds a data source, then shows its page.

import { Anchor } from '@mantine/core';
import { useMutation } from 'urql';
import { Link } from 'wouter';
import { LookOnly, Needs } from '../../../components/layout/needs.tsx';
import { Page } from '../../../components/layout/page.tsx';
import { AddSource } from '../documents.ts';
import { EMPTY_DRAFT, newSourceOf } from './source-draft.ts';
import { SourceForm } from './source-form.tsx';

export default function NewSourcePage() {
  const [, add] = useMutation(AddSource);
  return (
    <Page
      title="Add a source"
      description={
        <Anchor component={Link} href="/sources" inherit underline="always">
          Sources
        </Anchor>
      }
    >
      <Needs access="ADMIN" otherwise={<LookOnly what="add sources" />}>
        <SourceForm
          start={EMPTY_DRAFT}
          isEdit={false}
          submitLabel="Add the source"
          cancelHref="/sources"
          onSubmit={async (draft) => {
            const { data, error } = await add({ input: newSourceOf(draft) });
            return data?.addDataSource ? `/sources/${data.addDataSource.id}` : error;
          }}
        />
      </Needs>
    </Page>
  );
}
