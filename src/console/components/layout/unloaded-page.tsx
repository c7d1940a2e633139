// Shown where the code of a page did not load. Reloads the page once the server answers, unless files of this tab would be lost.

import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { useChosenFiles, useUploads } from '../../api/api.tsx';
import { isPending } from '../../api/upload/upload-queue.ts';
import { EmptyState } from './empty-state.tsx';
import { Page } from './page.tsx';

const HEALTH_PATH = '/healthz';
const RETRY_MS = 2000;
/** Not more often: the page may fail for another reason. */
const MIN_RELOAD_MS = 15_000;
/** The session storage key of the time of the last reload. */
const RELOADED_AT = 'loadstone:reloaded-at';

export function UnloadedPage() {
  const hasChosen = useChosenFiles().length > 0;
  const wouldLose = useUploads().some(isPending) || hasChosen;
  useEffect(() => {
    if (wouldLose) return;
    const timer = setInterval(() => void reloadIfPossible(), RETRY_MS);
    void reloadIfPossible();
    return () => clearInterval(timer);
  }, [wouldLose]);
  return (
    <Page title="This page is not loaded yet">
      <EmptyState
        title={wouldLose ? 'The page has to be reloaded' : 'It loads by itself as soon as the server answers'}
        actions={
          <Button variant="default" onClick={() => location.reload()}>
            Reload now
          </Button>
        }
      >
        {wouldLose
          ? 'Files that you chose, or that are being uploaded, would have to be chosen again. Finish them on the Import page first.'
          : 'The server cannot be reached right now, or has a new version of this page.'}
      </EmptyState>
    </Page>
  );
}

/** Not while the server is away, as the browser would show a page of its own that stays. */
async function reloadIfPossible(): Promise<void> {
  const reloadedAt = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
  if (Date.now() - reloadedAt < MIN_RELOAD_MS) return;
  const response = await fetch(HEALTH_PATH, { cache: 'no-store' }).catch(() => undefined);
  if (!response?.ok) return;
  sessionStorage.setItem(RELOADED_AT, String(Date.now()));
  location.reload();
}
