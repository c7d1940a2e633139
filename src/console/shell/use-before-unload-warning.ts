// Warns before a tab is closed that is still uploading files, or has chosen files whose reading was changed. Imports whose
// file has arrived continue without the tab.

import { useEffect } from 'react';
import { useChosenFiles, useUploads } from '../api/api.tsx';
import { EMPTY_DRAFT } from '../api/reading-draft.ts';
import { isPending } from '../api/upload/upload-queue.ts';

export function useBeforeUnloadWarning(): void {
  const isUploading = useUploads().some(isPending);
  const hasChangedReading = useChosenFiles().some(({ draft }) => draft !== EMPTY_DRAFT);
  const isLosing = isUploading || hasChangedReading;
  useEffect(() => {
    if (!isLosing) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isLosing]);
}
