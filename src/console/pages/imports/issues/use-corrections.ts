// The corrections that are being made on a page of an import: kept while the user pages through its issues, then imported.

import { useCallback, useEffect, useState } from 'react';
import type { CombinedError } from 'urql';
import { useApi, useLiveImports } from '../../../api/api.tsx';
import { hasEnded, type ImportState } from '../../../api/live/import-state.ts';
import { newId } from '../../../utils/new-id.ts';
import { CorrectRows, type Issue, type RowToCorrect } from './documents.ts';
import type { RowDraft, RowFault } from './row-draft.ts';

export interface Correction {
  draft: RowDraft;
  /** Why the server refuses it. */
  fault?: RowFault | undefined;
  /** The import that it was sent with. */
  sentWith?: string;
}

type Corrections = ReadonlyMap<number, Correction>;

/** As many as the server takes at once. */
const BATCH_ROWS = 500;

export function useCorrections(id: string, issues: readonly Issue[]) {
  const { client, imports } = useApi();
  const [corrections, setCorrections] = useState<Corrections>(new Map());
  const [sent, setSent] = useState<readonly string[]>([]);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<CombinedError>();
  const live = useLiveImports();

  // From then on, the server says what became of them.
  useEffect(() => {
    setCorrections((before) =>
      without(
        before,
        ({ line, correction }) => correction !== null && correction.import.id === before.get(line)?.sentWith,
        issues,
      ),
    );
  }, [issues]);

  const edit = useCallback((line: number, draft: RowDraft | undefined) => {
    setCorrections((before) => {
      const after = new Map(before);
      if (draft) after.set(line, { draft });
      else after.delete(line);
      return after;
    });
  }, []);

  const open = [...corrections]
    .filter(([, { sentWith }]) => sentWith === undefined)
    .toSorted(([one], [other]) => one - other);

  async function send(): Promise<void> {
    if (isSending || open.length === 0) return;
    setSending(true);
    setError(undefined);
    setSent([]);
    for (let start = 0; start < open.length; start += BATCH_ROWS) {
      const batch = open.slice(start, start + BATCH_ROWS);
      const rows = batch.map(([line, { draft }]) => ({ line, ...draft }) as RowToCorrect);
      const correctionId = newId();
      const { data, error: refusal } = await client
        .mutation(CorrectRows, { id, rows, correctionId })
        .toPromise();
      const state = data?.correctRows;
      if (!state) {
        setError(refusal);
        setCorrections((before) => withRefusal(before, refusal));
        break;
      }
      imports.update(state);
      setSent((before) => [...before, correctionId]);
      setCorrections((before) => {
        const after = new Map(before);
        for (const [line, correction] of batch) after.set(line, { ...correction, sentWith: correctionId });
        return after;
      });
    }
    setSending(false);
  }

  const sentStates = sent.flatMap((each) => live.find((state) => state.id === each) ?? []);
  return {
    corrections,
    /** How many rows are corrected and not sent. */
    count: open.length,
    edit,
    send,
    isSending,
    error,
    /** The imports of what was sent last. */
    sent: sentStates as readonly ImportState[],
    isRunning: isSending || sentStates.some((state) => !hasEnded(state)),
  };
}

function without(
  corrections: Corrections,
  isKnown: (issue: Issue) => boolean,
  issues: readonly Issue[],
): Corrections {
  const known = issues.filter(isKnown);
  if (known.length === 0) return corrections;
  const after = new Map(corrections);
  for (const { line } of known) after.delete(line);
  return after;
}

/** Rows that someone else has corrected are no longer this user's. */
function withRefusal(corrections: Corrections, refusal: CombinedError | undefined): Corrections {
  const extensions = refusal?.graphQLErrors[0]?.extensions ?? {};
  const rows = (extensions['rows'] ?? []) as { line: number; column?: string | null; message?: string }[];
  const after = new Map(corrections);
  for (const { line, column = null, message } of rows) {
    const correction = corrections.get(line);
    if (message === undefined) after.delete(line);
    else if (correction)
      after.set(line, { ...correction, fault: { code: 'BAD_USER_INPUT', column, message } });
  }
  return after;
}
