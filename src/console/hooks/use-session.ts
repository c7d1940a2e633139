// Who uses the console, and what they may do.

import { useSyncExternalStore } from 'react';
import { useApi } from '../api/api.tsx';
import { mayAct, type Role, type SessionState } from '../api/session.ts';

export function useSession(): SessionState {
  const { session } = useApi();
  return useSyncExternalStore(
    (listener) => session.listen(listener),
    () => session.state,
  );
}

/** Whether whoever uses the console may do what needs this role. */
export function useMay(role: Role): boolean {
  return mayAct(useSession(), role);
}
