// Samples of the rows of a previewed file, by what they would do.

import { NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { ImportRows } from '../../../api/live/import-state.ts';
import { ChangeList, type ListedChange } from '../../../components/products/change-list.tsx';
import { formatCount, pluralize } from '../../../utils/format.ts';
import type { PreviewSample, SampleKind } from './documents.ts';

const KINDS = [
  { value: 'UPDATED', label: 'Updated', count: 'updated' },
  { value: 'INSERTED', label: 'Inserted', count: 'inserted' },
  { value: 'UNCHANGED', label: 'Unchanged', count: 'unchanged' },
  { value: 'SUPERSEDED', label: 'Superseded', count: 'superseded' },
] as const satisfies { value: SampleKind; label: string; count: keyof ImportRows }[];

interface PreviewSamplesProps {
  samples: readonly PreviewSample[];
  rows: ImportRows;
}

export function PreviewSamples({ samples, rows }: PreviewSamplesProps) {
  const present = KINDS.filter(({ count }) => rows[count] > 0);
  const [kind, setKind] = useState<SampleKind>(present[0]?.value ?? 'INSERTED');
  const shown = samples.filter((sample) => sample.kind === kind);
  const total = rows[KINDS.find(({ value }) => value === kind)?.count ?? 'read'];
  return (
    <Stack gap="sm" component="section" aria-labelledby="samples">
      <Title order={2} id="samples">
        Samples
      </Title>
      <NativeSelect
        aria-label="Samples of"
        w="fit-content"
        value={kind}
        onChange={({ currentTarget }) => setKind(currentTarget.value as SampleKind)}
        data={present.map(({ value, label, count }) => ({
          value,
          label: `${label} (${formatCount(rows[count])})`,
        }))}
      />
      {shown.length < total && (
        <Text size="sm" c="dimmed">
          The first {pluralize(shown.length, 'row')} of {formatCount(total)}.
        </Text>
      )}
      <ChangeList label="Samples" changes={shown.map(listed)} />
    </Stack>
  );
}

function listed({ kind, line, sku, winningLine, before, after }: PreviewSample): ListedChange {
  const isCut = before?.isCut || after.isCut;
  const notes = [
    `Line ${formatCount(line)}`,
    kind === 'SUPERSEDED' && winningLine !== null && `line ${formatCount(winningLine)} is imported instead`,
    isCut && 'long values are shortened',
  ];
  return {
    key: `${line} ${sku}`,
    sku,
    // Nothing differs: the values are shown once.
    before: kind === 'UNCHANGED' ? null : before,
    after,
    kind: KINDS.find(({ value }) => value === kind)?.label ?? kind,
    note: notes.filter(Boolean).join(', '),
  };
}
