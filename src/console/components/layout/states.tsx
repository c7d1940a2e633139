// What a page shows in place of data: an empty state, a loading state or an error.

import { Alert, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { WarningIcon } from '../display/icons.tsx';

interface EmptyProps {
  title: string;
  children?: ReactNode;
  /** Buttons that lead on from here. */
  actions?: ReactNode;
}

export function Empty({ title, children, actions }: EmptyProps) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="sm" ta="center">
        <Title order={2} size="h4">
          {title}
        </Title>
        {children && (
          <Text c="dimmed" maw="36rem" component="div">
            {children}
          </Text>
        )}
        {actions && <Group justify="center">{actions}</Group>}
      </Stack>
    </Paper>
  );
}

/** A placeholder as high as `rows` rows, so that nothing jumps when they arrive. */
export function Loading({
  rows = 6,
  rowHeight = 40,
  what = 'data',
}: {
  rows?: number;
  rowHeight?: number;
  what?: string;
}) {
  return (
    <Stack gap="xs" role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <Skeleton key={row} height={rowHeight - 8} />
      ))}
    </Stack>
  );
}

interface FailureProps {
  title: string;
  error: CombinedError | Error | string;
  onRetry?: (() => void) | undefined;
}

export function Failure({ title, error, onRetry }: FailureProps) {
  return (
    <Alert color="red" title={title} icon={<WarningIcon />} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{typeof error === 'string' ? error : messageOf(error)}</Text>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** The server's message or, if the server did not respond, an explanation. */
export function messageOf(error: CombinedError | Error): string {
  if ('networkError' in error && error.networkError) {
    return 'The server cannot be reached right now. The page will retry when the connection is back.';
  }
  if ('graphQLErrors' in error && error.graphQLErrors[0]) return error.graphQLErrors[0].message;
  return error.message;
}
