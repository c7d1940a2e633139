// Has the browser ask before the tab is closed that still sends a file. An import that has its file goes on without it.

import { useEffect } from 'react';
import { useUploads } from '../api/api.tsx';

export function useBeforeUnloadWarning(): void {
  const uploads = useUploads();
  const isSending = uploads.some(({ state }) => state === 'waiting' || state === 'sending');
  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isSending]);
}
