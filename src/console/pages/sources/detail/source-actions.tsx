// Buttons to check, pause, edit and remove a data source.

import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { Link } from 'wouter';
import { PauseIcon, RefreshIcon, WatchIcon } from '../../../components/display/icons.tsx';
import { errorMessage } from '../../../utils/errors/error-message.ts';
import { CheckSource, PauseSource, ResumeSource, type Source } from '../documents.ts';
import { isPaused } from '../next-check.tsx';
import { RemoveSourceButton } from './remove-source-button.tsx';

export function SourceActions({ source }: { source: Source }) {
  const { id, lastCheckAt } = source;
  const paused = isPaused(source);
  const [checking, check] = useMutation(CheckSource);
  const [switching, switchTo] = useMutation(paused ? ResumeSource : PauseSource);
  /** The time of the last check before the user requested one; undefined until then. */
  const [previousCheckAt, setPreviousCheckAt] = useState<string | null>();
  const error = checking.error ?? switching.error;
  return (
    <Group gap="sm">
      <Button
        size="sm"
        leftSection={<RefreshIcon size={16} />}
        loading={checking.fetching}
        onClick={() => {
          setPreviousCheckAt(lastCheckAt);
          void check({ id });
        }}
      >
        Check now
      </Button>
      <Button
        size="sm"
        variant="default"
        leftSection={paused ? <WatchIcon size={16} /> : <PauseIcon size={16} />}
        loading={switching.fetching}
        onClick={() => void switchTo({ id })}
      >
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button size="sm" variant="default" component={Link} href={`/sources/${id}/edit`}>
        Edit
      </Button>
      <RemoveSourceButton source={source} />
      <Text size="sm" role={error ? 'alert' : 'status'} c={error ? 'var(--mantine-color-error)' : 'dimmed'}>
        {error ? errorMessage(error) : previousCheckAt !== undefined && checkStatus(source, previousCheckAt)}
      </Text>
    </Group>
  );
}

/** The progress or outcome of a requested check. */
function checkStatus({ state, lastCheckAt, error }: Source, previousCheckAt: string | null): string {
  if (state === 'FETCHING' || state === 'IMPORTING') return 'The source has changed. Importing…';
  if (state === 'CHECKING' || lastCheckAt === previousCheckAt) return 'Checking…';
  return error ? 'Checked.' : 'Checked: the catalogue is up to date.';
}
