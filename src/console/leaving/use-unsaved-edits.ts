// For forms and editors: asks before their unsaved edits are lost.

import { useEffect, useRef } from 'react';
import { useLeaveGuard } from './guard-context.ts';

interface UnsavedEdits {
  /** Closes the editor: at once if nothing is unsaved, otherwise when the user has agreed. */
  leave(close: () => void): void;
  /** Call it once the edits are saved, before opening another page. */
  release(): void;
}

/**
 * While `hasEdits`, the user is asked before they are lost: on a link, Back, Forward, and when the tab is closed or reloaded.
 *
 * @param parameters names of query parameters whose change loses the edits, as a change of the path does
 */
export function useUnsavedEdits(hasEdits: boolean, ...parameters: readonly string[]): UnsavedEdits {
  const guard = useLeaveGuard();
  const release = useRef(() => {});
  const names = parameters.join(' ');
  useEffect(() => {
    if (!hasEdits) return;
    release.current = guard.protect({ parameters: names.split(' ') });
    return () => release.current();
  }, [guard, hasEdits, names]);
  return {
    leave: (close) => guard.leave(close),
    release: () => release.current(),
  };
}
