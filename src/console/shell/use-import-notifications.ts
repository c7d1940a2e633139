// Notifies the user when an import of this tab ends while they are on a page that does not show imports, or, if they asked for
// that, in another tab or program.

import { notifications } from '@mantine/notifications';
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { useApi, useLiveImports } from '../api/api.tsx';
import { type ImportState, isRunning } from '../api/live/import-state.ts';
import { outcomeOf } from '../components/imports/outcome/outcome.ts';
import { notifyUnseen } from '../utils/browser-notifications.ts';
import { plainError } from '../utils/errors/plain-message.ts';
import { pluralize } from '../utils/format.ts';

/** Paths of the pages that show imports themselves. */
const IMPORT_PAGES = /^\/(imports\b.*)?$/;

export function useImportNotifications(): void {
  const states = useLiveImports();
  const { own } = useApi();
  const [path, navigate] = useLocation();
  const running = useRef(new Set<string>());
  useEffect(() => {
    for (const state of states) {
      if (!own.has(state.id)) continue;
      if (isRunning(state)) running.current.add(state.id);
      else if (running.current.delete(state.id)) {
        const notification = notificationOf(state);
        if (!IMPORT_PAGES.test(path)) notifications.show(notification);
        notifyUnseen(notification.title, notification.message, () => navigate(`/imports/${state.id}`));
      }
    }
  }, [states, own, path, navigate]);
}

function notificationOf(state: ImportState) {
  const { fileName, status, rows, error } = state;
  if (status === 'COMPLETED') {
    const { color, sentence, note } = outcomeOf(state);
    const numbers = `${pluralize(rows.read, 'row')} read, ${pluralize(rows.rejected, 'row')} rejected.`;
    return { title: `${fileName} ${sentence}`, message: note ?? numbers, color };
  }
  if (status === 'READY') {
    const message = 'See on its page what it would change, and commit or discard it.';
    return { title: `${fileName} is ready`, message, color: 'orange' };
  }
  const message = error ? plainError(error) : 'It was cancelled.';
  return { title: `${fileName} was not imported`, message, color: 'red', autoClose: false as const };
}
