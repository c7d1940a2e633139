// Why an upload failed, with a button to upload the file again if that may help.

import { Alert, Button, Stack, Text } from '@mantine/core';
import { useApi } from '../../../api/api.tsx';
import type { UploadError } from '../../../api/upload/upload-file.ts';
import type { QueuedUpload } from '../../../api/upload/upload-queue.ts';
import { errorTitle } from '../../../utils/errors/error-texts.ts';
import { plainError } from '../../../utils/errors/plain-message.ts';
import { WarningIcon } from '../../display/icons.tsx';

const TRANSIENT_ERRORS = new Set([
  'CONNECTION_LOST',
  'DATABASE_FULL',
  'DATABASE_UNAVAILABLE',
  'INTERNAL',
  'SHUTTING_DOWN',
  'SPOOL_FULL',
  'SPOOL_UNAVAILABLE',
  'TOO_MANY_STAGED_ROWS',
  'UPLOAD_INTERRUPTED',
  'UPLOAD_TOO_SLOW',
]);

/** Whether the error was not caused by the file, so uploading it again may succeed. */
export function isTransient(code: string): boolean {
  return TRANSIENT_ERRORS.has(code);
}

export function UploadFailure({ upload, error }: { upload: QueuedUpload; error: UploadError }) {
  return (
    <Alert
      color="red"
      icon={<WarningIcon />}
      title={errorTitle(error.code, 'The file was not uploaded')}
      role="alert"
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{plainError(error)}</Text>
        <Text size="xs">Error code: {error.code}</Text>
        {isTransient(error.code) && <UploadAgainButton upload={upload} />}
      </Stack>
    </Alert>
  );
}

export function UploadAgainButton({ upload }: { upload: QueuedUpload }) {
  const { uploads } = useApi();
  return (
    <Button size="xs" variant="default" onClick={() => uploads.retry(upload.id)}>
      Upload again
    </Button>
  );
}
