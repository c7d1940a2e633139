// Warns before a tab is closed that is still uploading files. Imports whose file has arrived continue without the tab.

import { useEffect } from 'react';
import { useUploads } from '../api/api.tsx';
import { isPending } from '../api/upload-queue.ts';

export function useBeforeUnloadWarning(): void {
  const uploads = useUploads();
  const isUploading = uploads.some(isPending);
  useEffect(() => {
    if (!isUploading) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isUploading]);
}
