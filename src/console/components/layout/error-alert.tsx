// An error, with a button to try again.

import { Alert, Button, Stack, Text } from '@mantine/core';
import type { CombinedError } from 'urql';
import { errorMessage } from '../../utils/errors/error-message.ts';
import { WarningIcon } from '../display/icons.tsx';

interface ErrorAlertProps {
  title: string;
  error: CombinedError | Error | string;
  onRetry?: (() => void) | undefined;
}

export function ErrorAlert({ title, error, onRetry }: ErrorAlertProps) {
  return (
    <Alert color="red" title={title} icon={<WarningIcon />} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{typeof error === 'string' ? error : errorMessage(error)}</Text>
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
