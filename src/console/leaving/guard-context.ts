// Gives every component the tab's leave guard.

import { createContext, useContext } from 'react';
import type { LeaveGuard } from './leave-guard.ts';

export const GuardContext = createContext<LeaveGuard | undefined>(undefined);

export function useLeaveGuard(): LeaveGuard {
  const guard = useContext(GuardContext);
  if (!guard) throw new Error('useLeaveGuard must be used inside a GuardedRouter');
  return guard;
}
