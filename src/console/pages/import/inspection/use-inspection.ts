// Inspects a chosen file, and again whenever the options of its draft change.

import { useEffect, useRef, useState } from 'react';
import { useConnectionState } from '../../../api/api.tsx';
import { optionsOf } from '../../../api/reading-draft.ts';
import type { ChosenFile } from '../../../api/upload/chosen-files.ts';
import {
  type Inspection,
  InspectionError,
  inspectFile,
  needsWholeFile,
} from '../../../api/upload/inspect-file.ts';

export interface InspectionState {
  /** `asking`: the whole file would have to be sent, which the user may not want. */
  phase: 'running' | 'asking' | 'done' | 'failed';
  /** The last one, perhaps with other options. */
  inspection: Inspection | undefined;
  /** Why there is none with the current options. */
  error: InspectionError | undefined;
  /** The sheets of a workbook, if one had to be chosen. */
  sheets: readonly string[];
}

/** Archives up to this size are sent unasked. */
const UNASKED_BYTES = 32 * 1024 * 1024;
/** How long to wait after a change, as text is typed. */
const DEBOUNCE_MS = 250;

export function useInspection({ file, draft }: ChosenFile): InspectionState & { inspect(): void } {
  const [state, setState] = useState<InspectionState>({
    phase: 'running',
    inspection: undefined,
    error: undefined,
    sheets: [],
  });
  const [attempt, setAttempt] = useState({ number: 0, isWanted: false });
  const key = JSON.stringify(optionsOf(draft));
  const hasBegun = useRef(false);
  const isWanted = useRef(false);
  isWanted.current = attempt.isWanted;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt inspects again
  useEffect(() => {
    const abort = new AbortController();
    const run = async () => {
      hasBegun.current = true;
      const isLarge = file.size > UNASKED_BYTES && !isWanted.current;
      if (isLarge && (await needsWholeFile(file)))
        return setState((last) => ({ ...last, phase: 'asking', error: undefined }));
      try {
        const inspection = await inspectFile(file, JSON.parse(key), abort.signal);
        if (!abort.signal.aborted)
          setState((last) => ({ ...last, phase: 'done', inspection, error: undefined }));
      } catch (error) {
        if (abort.signal.aborted) return;
        if (!(error instanceof InspectionError)) throw error;
        const { sheets } = error;
        setState((last) => ({ ...last, phase: 'failed', error, ...(sheets.length > 0 && { sheets }) }));
      } finally {
        isWanted.current = false;
      }
    };
    setState((last) => ({ ...last, phase: 'running' }));
    const timer = setTimeout(() => void run(), hasBegun.current ? DEBOUNCE_MS : 0);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [file, key, attempt.number]);

  const connection = useConnectionState();
  const isUnreachable = state.error?.code === 'CONNECTION_LOST';
  useEffect(() => {
    // The server may be back.
    if (connection === 'connected' && isUnreachable)
      setAttempt(({ number }) => ({ number: number + 1, isWanted: true }));
  }, [connection, isUnreachable]);

  return { ...state, inspect: () => setAttempt(({ number }) => ({ number: number + 1, isWanted: true })) };
}
