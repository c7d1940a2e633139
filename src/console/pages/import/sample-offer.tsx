// A file to begin with, for who has none at hand.

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
        No file at hand? The sample has 5,000 products. A few of its rows are duplicated or invalid, so that
        you can see how such rows are handled.
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
