// What an import changed, product by product.

import { Group, NativeSelect, Stack, Title } from '@mantine/core';
import { useState } from 'react';
import { useFreshQuery } from '../../../api/api.tsx';
import type { ImportRows, ImportState } from '../../../api/live/import-state.ts';
import { CHANGE_LABELS, type ChangeKind } from '../../../api/product-change.ts';
import { ExportButton } from '../../../components/list/export-button.tsx';
import { ListPage } from '../../../components/list/list-page.tsx';
import { type PageInfo, ShowMore } from '../../../components/list/show-more.tsx';
import { ChangeList } from '../../../components/products/change-list.tsx';
import { formatCount } from '../../../utils/format.ts';
import { ChangesOfImport } from './documents.ts';

const PAGE_SIZE = 20;
const KINDS: readonly { kind: ChangeKind; count: keyof ImportRows }[] = [
  { kind: 'UPDATED', count: 'updated' },
  { kind: 'INSERTED', count: 'inserted' },
  { kind: 'DELETED', count: 'deleted' },
];

export function ChangesSection({ state: { id, rows } }: { state: ImportState }) {
  const present = KINDS.filter(({ count }) => rows[count] > 0);
  const [chosen, setChosen] = useState<ChangeKind>();
  const kind = chosen ?? present[0]?.kind;
  if (!kind) return null;
  return (
    <Stack gap="sm" component="section" aria-labelledby="changes">
      <Title order={2} id="changes">
        Changes
      </Title>
      <Group justify="space-between" gap="sm">
        <NativeSelect
          aria-label="Changes of this kind"
          w="fit-content"
          value={kind}
          onChange={({ currentTarget }) => setChosen(currentTarget.value as ChangeKind)}
          data={present.map((each) => ({
            value: each.kind,
            label: `${CHANGE_LABELS[each.kind]} (${formatCount(rows[each.count])})`,
          }))}
        />
        <ExportButton what="all changes" path={`/imports/${id}/changes`} />
      </Group>
      <ShowMore
        key={kind}
        label="Show more changes"
        page={(after, onLoaded) => <ChangesPage id={id} kind={kind} after={after} onLoaded={onLoaded} />}
      />
    </Stack>
  );
}

interface ChangesPageProps {
  id: string;
  kind: ChangeKind;
  after: string | null;
  onLoaded(next: PageInfo): void;
}

function ChangesPage({ id, kind, after, onLoaded }: ChangesPageProps) {
  const [{ data, error }, refetch] = useFreshQuery({
    query: ChangesOfImport,
    variables: { id, kind, after, first: PAGE_SIZE },
  });
  return (
    <ListPage
      connection={data?.import?.changes}
      error={error}
      what="the changes"
      rows={4}
      rowHeight={84}
      onRetry={() => refetch({ requestPolicy: 'network-only' })}
      onLoaded={onLoaded}
    >
      {({ nodes }) => (
        <ChangeList
          label="Changes"
          changes={nodes.map(({ sku, before, after: then }) => ({
            key: sku,
            sku,
            kind: CHANGE_LABELS[kind],
            before,
            after: then,
          }))}
        />
      )}
    </ListPage>
  );
}
