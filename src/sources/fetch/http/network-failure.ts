// Failures of the network, and of servers that break the rules of HTTP, as errors for the client.

import { LoadstoneError } from '../../../errors.ts';
import { displayUrl, SourceError } from '../source-error.ts';

const NO_NAME = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA'];
const NO_WAY = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'];
const SILENT = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'];
const CLOSED = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'];
/** The connection was closed from this side. */
const OURS = ['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'];
const WRONG_LENGTH = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Whether an open connection broke or fell silent: the rest may come over a new one. */
export function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  return CLOSED.includes(code) || code === 'UND_ERR_BODY_TIMEOUT' || code === 'ETIMEDOUT';
}

/** @returns what went wrong before the response, as an error for the client */
export function asUnreachable(error: unknown, url: URL, silenceMs: number): Error {
  if (error instanceof LoadstoneError) return error;
  const code = codeOf(error);
  if (NO_NAME.includes(code))
    return unreachable(`The name ${url.hostname} cannot be resolved. Check the address of the source`);
  if (NO_WAY.includes(code))
    return unreachable(
      `No server accepts connections at ${url.host} (${code}). Check the address, and that the server is running`,
    );
  if (SILENT.includes(code)) return silent(url, silenceMs);
  if (CLOSED.includes(code))
    return unreachable(
      `${url.host} closed the connection without answering (${code}). Check whether it requires https, and see the log of that server`,
    );
  if (TLS.test(code))
    return unreachable(
      `A secure connection to ${url.host} could not be established (${code}). Check the certificate of that server (to trust your own certificate authority, set NODE_EXTRA_CA_CERTS to its file), and that it speaks TLS at this port`,
    );
  if (OURS.includes(code)) return shuttingDown();
  if (code === WRONG_LENGTH) return wrongLength(url);
  if (isProtocolFault(error))
    return unreachable(`${url.host} does not answer with valid HTTP. Check the address and its port`);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return unreachable(`${url.host} answered with more than 16 KiB of headers. Check the address`);
  // A failure of this server, or one that is not known: it must not look like the fault of the source.
  return error as Error;
}

/** @returns what went wrong during the response, as an error for the client */
export function asInterrupted(error: unknown, url: URL, silenceMs: number): Error {
  if (error instanceof LoadstoneError) return error;
  const code = codeOf(error);
  if (SILENT.includes(code)) return silent(url, silenceMs);
  if (CLOSED.includes(code) || isProtocolFault(error))
    return new SourceError(
      'SOURCE_INTERRUPTED',
      `The connection to ${displayUrl(url)} broke before the file was complete${code ? ` (${code})` : ''}. It is fetched again at the next check; if that keeps happening, see the log of that server.`,
    );
  return asUnreachable(error, url, silenceMs);
}

export function wrongLength(url: URL): SourceError {
  return new SourceError(
    'SOURCE_INTERRUPTED',
    `${displayUrl(url)} sent a different number of bytes than its Content-Length says, so the file cannot be trusted. Correct that server.`,
  );
}

export function shuttingDown(): LoadstoneError {
  return new LoadstoneError(
    'SHUTTING_DOWN',
    'The server is shutting down. What it was fetching is fetched again when it is running again.',
  );
}

export function silent(url: URL, silenceMs: number): SourceError {
  return new SourceError(
    'SOURCE_TIMEOUT',
    `${url.host} sent nothing for ${silenceMs / 1000} s. It is checked again as scheduled; if it needs longer, raise SOURCE_SILENCE_SECONDS.`,
  );
}

function unreachable(reason: string): SourceError {
  return new SourceError('SOURCE_UNREACHABLE', `${reason}. It is checked again as scheduled.`);
}

function isProtocolFault(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code ?? '') : '';
}
