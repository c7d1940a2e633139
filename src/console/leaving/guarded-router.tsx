// The router of the console, which asks before a page with unsaved edits is left.

import { Text } from '@mantine/core';
import { type ReactNode, useEffect, useMemo, useSyncExternalStore } from 'react';
import { type AroundNavHandler, type BaseLocationHook, Router } from 'wouter';
import { navigate, useLocationProperty } from 'wouter/use-browser-location';
import { ConfirmDialog } from '../components/layout/confirm-dialog.tsx';
import { GuardContext } from './guard-context.ts';
import type { LeaveGuard } from './leave-guard.ts';

export function GuardedRouter({ guard, children }: { guard: LeaveGuard; children: ReactNode }) {
  const { useShownLocation, aroundNav } = useMemo(() => routingOf(guard), [guard]);
  return (
    <GuardContext value={guard}>
      <Router hook={useShownLocation} aroundNav={aroundNav}>
        {children}
      </Router>
      <LeaveDialog guard={guard} />
    </GuardContext>
  );
}

function routingOf(guard: LeaveGuard): { useShownLocation: BaseLocationHook; aroundNav: AroundNavHandler } {
  return {
    useShownLocation: () => [useLocationProperty(() => guard.shown.pathname), navigate],
    aroundNav: (open, to, options) => guard.navigate(open, to, options),
  };
}

function LeaveDialog({ guard }: { guard: LeaveGuard }) {
  const listen = (listener: () => void) => guard.listen(listener);
  const isAsking = useSyncExternalStore(listen, () => guard.isAsking);
  const hasEdits = useSyncExternalStore(listen, () => guard.hasEdits);
  useEffect(() => {
    if (!hasEdits) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [hasEdits]);
  return (
    <ConfirmDialog
      isOpen={isAsking}
      title="Discard your changes?"
      decline="Keep editing"
      confirm="Discard them"
      onDecline={() => guard.answer(false)}
      onConfirm={() => guard.answer(true)}
    >
      <Text size="sm">What you entered has not been saved and would be lost.</Text>
    </ConfirmDialog>
  );
}
