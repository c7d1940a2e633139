// Keeps what a page shows of data sources true: it hears of each change, and asks again where an event does not tell
// all that follows from it.

import { useCallback, useEffect, useRef, useState } from 'react';
import { useSubscription } from '../../api/api.tsx';
import { useThrottledRefresh } from '../../hooks/use-throttled-refresh.ts';
import { type Source, SourceChanges } from './documents.ts';

/** Between two questions about sources that change again and again, in milliseconds. */
const REFRESH_INTERVAL_MS = 1000;

interface Following {
  /** Of one source; undefined for all. */
  id?: string;
  /** As they were asked for. */
  known: readonly Source[];
  /** Asks for them again. */
  refresh(): void;
  /** Whether the answer is on its way. */
  busy: boolean;
}

/** @returns what moves a source that was asked for on to the newest that was heard of it */
export function useSourceChanges({ id, known, refresh, busy }: Following) {
  const [heard, setHeard] = useState<ReadonlyMap<string, Source>>(new Map());
  const marks = useRef(new Map<string, string>());
  useEffect(() => {
    for (const source of known) marks.current.set(source.id, changeKey(source));
  }, [known]);
  const refreshSoon = useThrottledRefresh(refresh, busy, REFRESH_INTERVAL_MS);
  useSubscription(SourceChanges, id === undefined ? {} : { id }, ({ dataSourceChanged: source }) => {
    setHeard((before) => new Map(before).set(source.id, source));
    // A check that finds nothing changes nothing but its time.
    if (source.state === 'CHECKING') return;
    const mark = changeKey(source);
    if (marks.current.get(source.id) === mark) return;
    marks.current.set(source.id, mark);
    refreshSoon();
  });
  return useCallback(
    <Known extends Source>(source: Known): Known => {
      const newer = heard.get(source.id);
      return newer && newer.updatedAt >= source.updatedAt ? { ...source, ...newer } : source;
    },
    [heard],
  );
}

/** Changes when there may be more to it than the source itself tells: its products, imports, its place in the list. */
function changeKey({ name, state, error, lastImportAt, url }: Source): string {
  return JSON.stringify([name, state, error, lastImportAt, url]);
}
