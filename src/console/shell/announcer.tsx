// Announces imports to screen readers: each change of status, and progress in steps of 25 percent.

import { VisuallyHidden } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useLiveImports } from '../api/api.tsx';
import { type ImportState, importTitle, isRunning } from '../api/live/import-state.ts';
import { STATUS_LABELS } from '../components/imports/progress/status-badge.tsx';

const STEP_PERCENT = 25;

export function Announcer() {
  const states = useLiveImports();
  const announced = useRef(new Map<string, string>());
  const [message, setMessage] = useState('');
  useEffect(() => {
    const changed = states.filter((state) => {
      const key = announcementKey(state);
      const before = announced.current.get(state.id);
      announced.current.set(state.id, key);
      return before !== undefined && before !== key;
    });
    if (changed.length > 0) setMessage(changed.map(announcement).join(' '));
  }, [states]);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {message}
    </VisuallyHidden>
  );
}

/** Changes when there is something to announce. */
function announcementKey(state: ImportState): string {
  return `${state.status} ${Math.floor(state.percent / STEP_PERCENT)}`;
}

function announcement(state: ImportState): string {
  const phase = `${importTitle(state)}: ${STATUS_LABELS[state.status].toLowerCase()}`;
  return !isRunning(state) ? `${phase}.` : `${phase}, ${Math.floor(state.percent)} percent.`;
}
