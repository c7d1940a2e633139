// Leads from a correction to the import whose rows it corrects.

import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useFreshQuery } from '../../api/api.tsx';
import { Time } from '../../components/display/time.tsx';
import { CorrectedImport } from './documents.ts';

export function CorrectionNote({ id }: { id: string }) {
  const [{ data }] = useFreshQuery({ query: CorrectedImport, variables: { id } });
  const corrected = data?.import?.corrects;
  if (!corrected) return null;
  return (
    <Text size="sm">
      This corrects rejected rows of{' '}
      <Anchor component={Link} href={`/imports/${corrected.id}#issues`} inherit underline="always">
        {corrected.fileName}
      </Anchor>{' '}
      of <Time iso={corrected.createdAt} isFocusable />.
    </Text>
  );
}
