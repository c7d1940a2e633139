// Tells those who hear the page how imports go: their ends at once, their progress only now and then.

import { VisuallyHidden } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useLiveImports } from '../api/api.tsx';
import { hasEnded, type ImportState } from '../api/import-state.ts';
import { STATUS_LABELS } from '../components/imports/status-badge.tsx';

const STEP_PERCENT = 25;

export function Announcer() {
  const states = useLiveImports();
  const told = useRef(new Map<string, string>());
  const [words, setWords] = useState('');
  useEffect(() => {
    const news = states.filter((state) => {
      const mark = changeKey(state);
      const before = told.current.get(state.id);
      told.current.set(state.id, mark);
      return before !== undefined && before !== mark;
    });
    if (news.length > 0) setWords(news.map(sentenceOf).join(' '));
  }, [states]);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {words}
    </VisuallyHidden>
  );
}

/** Changes when there is something to tell. */
function changeKey(state: ImportState): string {
  return `${state.status} ${Math.floor(state.percent / STEP_PERCENT)}`;
}

function sentenceOf(state: ImportState): string {
  const phase = `${state.fileName}: ${STATUS_LABELS[state.status].toLowerCase()}`;
  return hasEnded(state) ? `${phase}.` : `${phase}, ${Math.floor(state.percent)} percent.`;
}
