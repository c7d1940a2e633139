// Offers to import a sample file.

import { Anchor, Button, Text } from '@mantine/core';
import { useApi } from '../../api/api.tsx';
import { EmptyState } from '../../components/layout/empty-state.tsx';
import { sampleFile } from './sample-file.ts';

export function SampleOffer({ isFirstVisit }: { isFirstVisit: boolean }) {
  const { uploads } = useApi();
  if (isFirstVisit) {
    return (
      <EmptyState
        title="The catalogue is empty"
        actions={
          <Button variant="light" onClick={() => uploads.add([sampleFile(1)])}>
            Import a sample
          </Button>
        }
      >
        No file at hand? Import the sample: 5,000 products, with a few duplicate and invalid rows that show
        how such rows are handled.
      </EmptyState>
    );
  }
  return (
    <Text size="sm" c="dimmed">
      To try things out:{' '}
      <Anchor component="button" inherit underline="always" onClick={() => uploads.add([sampleFile(1)])}>
        import the sample
      </Anchor>{' '}
      or{' '}
      <Anchor component="button" inherit underline="always" onClick={() => uploads.add([sampleFile(2)])}>
        its next edition
      </Anchor>
      , in which some products changed.
    </Text>
  );
}
