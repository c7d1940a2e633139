// Keeps data sources up to date by subscribing to their changes. Refetches them when a change affects more than the event
// contains.

import { useCallback, useEffect, useRef, useState } from 'react';
import { useSubscription } from '../../api/api.tsx';
import { useThrottledRefresh } from '../../hooks/use-throttled-refresh.ts';
import { type Source, SourceChanges } from './documents.ts';

const REFRESH_INTERVAL_MS = 1000;

interface UseSourceChangesOptions {
  /** The source to follow; undefined for all. */
  id?: string;
  /** The sources as fetched. */
  fetched: readonly Source[];
  /** Refetches them. */
  refresh(): void;
  /** Whether they are being fetched. */
  busy: boolean;
}

/** @returns a function that merges the latest changes into a fetched source */
export function useSourceChanges({ id, fetched, refresh, busy }: UseSourceChangesOptions) {
  const [changed, setChanged] = useState<ReadonlyMap<string, Source>>(new Map());
  const keys = useRef(new Map<string, string>());
  useEffect(() => {
    for (const source of fetched) keys.current.set(source.id, changeKey(source));
  }, [fetched]);
  const refreshThrottled = useThrottledRefresh(refresh, busy, REFRESH_INTERVAL_MS);
  useSubscription(SourceChanges, id === undefined ? {} : { id }, ({ dataSourceChanged: source }) => {
    setChanged((before) => new Map(before).set(source.id, source));
    // The start of a check changes nothing that the event does not contain.
    if (source.state === 'CHECKING') return;
    const key = changeKey(source);
    if (keys.current.get(source.id) === key) return;
    keys.current.set(source.id, key);
    refreshThrottled();
  });
  return useCallback(
    <Fetched extends Source>(source: Fetched): Fetched => {
      const newer = changed.get(source.id);
      return newer && newer.updatedAt >= source.updatedAt ? { ...source, ...newer } : source;
    },
    [changed],
  );
}

/** Changes when more than the source itself may have changed, such as its products, imports or place in the list. */
function changeKey({ name, state, error, lastImportAt, url }: Source): string {
  return JSON.stringify([name, state, error, lastImportAt, url]);
}
