// The attributes of a product: values of other columns of its files.

import { Stack, Title } from '@mantine/core';
import { Facts } from '../../components/display/facts.tsx';

/** @param attributes an object with strings */
export function AttributeFacts({ attributes }: { attributes: unknown }) {
  const facts = Object.entries(attributes as Record<string, string>);
  if (facts.length === 0) return null;
  return (
    <Stack gap="xs" component="section" aria-labelledby="attributes">
      <Title order={2} id="attributes">
        Attributes
      </Title>
      <Facts facts={facts} />
    </Stack>
  );
}
