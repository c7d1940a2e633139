// What somebody can do with a data source: have it checked, pause it, change it, remove it.

import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { Link } from 'wouter';
import { PauseIcon, RefreshIcon, WatchIcon } from '../../../components/display/icons.tsx';
import { errorMessage } from '../../../utils/error-message.ts';
import { CheckSource, PauseSource, ResumeSource, type Source } from '../documents.ts';
import { isPaused } from '../next-check.tsx';
import { RemoveSourceButton } from './remove-source-button.tsx';

export function SourceActions({ source }: { source: Source }) {
  const { id, lastCheckAt } = source;
  const isOff = isPaused(source);
  const [checking, check] = useMutation(CheckSource);
  const [switching, switchTo] = useMutation(isOff ? ResumeSource : PauseSource);
  /** When it had been checked before somebody asked for it; undefined until they do. */
  const [before, setBefore] = useState<string | null>();
  const error = checking.error ?? switching.error;
  return (
    <Group gap="sm">
      <Button
        size="sm"
        leftSection={<RefreshIcon size={16} />}
        loading={checking.fetching}
        onClick={() => {
          setBefore(lastCheckAt);
          void check({ id });
        }}
      >
        Check now
      </Button>
      <Button
        size="sm"
        variant="default"
        leftSection={isOff ? <WatchIcon size={16} /> : <PauseIcon size={16} />}
        loading={switching.fetching}
        onClick={() => void switchTo({ id })}
      >
        {isOff ? 'Resume' : 'Pause'}
      </Button>
      <Button size="sm" variant="default" component={Link} href={`/sources/${id}/edit`}>
        Edit
      </Button>
      <RemoveSourceButton source={source} />
      <Text size="sm" role={error ? 'alert' : 'status'} c={error ? 'var(--mantine-color-error)' : 'dimmed'}>
        {error ? errorMessage(error) : before !== undefined && answerOf(source, before)}
      </Text>
    </Group>
  );
}

/** What became of a check that was asked for. */
function answerOf({ state, lastCheckAt, error }: Source, before: string | null): string {
  if (state === 'FETCHING' || state === 'IMPORTING') return 'The source has changed. Importing…';
  if (state === 'CHECKING' || lastCheckAt === before) return 'Checking…';
  return error ? 'Checked.' : 'Checked: the catalogue is up to date.';
}
