// The errors of an upload, with advice.

import { LoadstoneError } from '../../errors.ts';
import { shorten } from '../../shorten.ts';
import { MAX_PART_HEADER_BYTES } from './part-headers.ts';
import { DEFAULT_RATE_SECONDS, type UploadLimits } from './upload-limits.ts';

const MAX_QUOTED_LENGTH = 80;

export const PART_ORDER = 'Send "operations", "map", then the file';

export function badMultipart(message: string, options?: ErrorOptions): LoadstoneError {
  return new LoadstoneError('BAD_MULTIPART', message, options);
}

/** A name as it is shown in a message: in quotes, and not too long. */
export function quoted(name: string): string {
  return JSON.stringify(shorten(name, MAX_QUOTED_LENGTH));
}

export function malformedBody(cause: Error): LoadstoneError {
  const message = `The multipart body is malformed or ends too early (${cause.message}). Send it whole.`;
  return badMultipart(message, { cause });
}

export function unnamedPart(): LoadstoneError {
  return badMultipart(
    'A part has no header that names it. Give each one such as: Content-Disposition: form-data; name="operations".',
  );
}

export function partHeadersTooLarge(): LoadstoneError {
  return badMultipart(
    `The headers of a part exceed ${MAX_PART_HEADER_BYTES} bytes. Send only Content-Disposition and Content-Type.`,
  );
}

/** A file is streamed, so it can be read only once. */
export function usedTwice(): LoadstoneError {
  return new LoadstoneError(
    'BAD_USER_INPUT',
    'One file is used in two places, and can be read once only; nothing was started. Use it in one place, or send it again in a request of its own.',
  );
}

export function fileTooLarge({ maxUploadBytes }: UploadLimits): LoadstoneError {
  const message = `The file is larger than this server takes, ${maxUploadBytes} bytes. Split or compress it, or raise MAX_UPLOAD_BYTES.`;
  return new LoadstoneError('FILE_TOO_LARGE', message);
}

export function uploadInterrupted(message: string): LoadstoneError {
  return new LoadstoneError('UPLOAD_INTERRUPTED', message);
}

export function uploadTooSlow({
  uploadMinBytesPerSecond,
  uploadRateSeconds = DEFAULT_RATE_SECONDS,
}: UploadLimits): LoadstoneError {
  return new LoadstoneError(
    'UPLOAD_TOO_SLOW',
    `The upload was slower than ${uploadMinBytesPerSecond} bytes a second for ${uploadRateSeconds} s and was cut. Send the file again, over a faster connection or compressed, with the same id or another; or lower UPLOAD_MIN_BYTES_PER_SECOND.`,
  );
}
