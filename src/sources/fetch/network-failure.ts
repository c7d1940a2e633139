// What the network, or a server that breaks its rules, did to a request: in words.

import { LoadstoneError } from '../../errors.ts';
import { SourceError, shown } from './source-error.ts';

const NO_NAME = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA'];
const NO_WAY = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'];
const SILENT = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'];
const CLOSED = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'];
/** The connection was closed from this side. */
const OURS = ['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'];
const WRONG_LENGTH = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Whether a connection that was open broke, or fell silent: more of the same may come over a new one. */
export function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  return CLOSED.includes(code) || code === 'UND_ERR_BODY_TIMEOUT' || code === 'ETIMEDOUT';
}

/** @returns an error for the client, of what went wrong before an answer came */
export function asUnreachable(error: unknown, url: URL, silenceMs: number): Error {
  if (error instanceof LoadstoneError) return error;
  const code = codeOf(error);
  if (NO_NAME.includes(code))
    return unreachable(`The name ${url.hostname} cannot be resolved. Check the address of the source`);
  if (NO_WAY.includes(code))
    return unreachable(
      `No server takes connections at ${url.host} (${code}). Check the address, and that the server runs`,
    );
  if (SILENT.includes(code)) return silent(url, silenceMs);
  if (CLOSED.includes(code))
    return unreachable(
      `${url.host} closed the connection without an answer (${code}). See whether it wants https, and the log of that server`,
    );
  if (TLS.test(code))
    return unreachable(
      `No secure connection to ${url.host} comes about (${code}). Check the certificate of that server (one of an authority of your own is trusted when NODE_EXTRA_CA_CERTS names its file), and that it speaks TLS at this port`,
    );
  if (OURS.includes(code)) return shuttingDown();
  if (code === WRONG_LENGTH) return wrongLength(url);
  if (isProtocolFault(error))
    return unreachable(
      `What ${url.host} answers is not HTTP as it should be. Check the address and its port`,
    );
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return unreachable(`${url.host} answers with more than 16 KiB of headers. Check the address`);
  // A failure of ours, or one that nobody thought of: it must not look like the fault of the source.
  return error as Error;
}

/** @returns an error for the client, of what went wrong while the content came */
export function asInterrupted(error: unknown, url: URL, silenceMs: number): Error {
  if (error instanceof LoadstoneError) return error;
  const code = codeOf(error);
  if (SILENT.includes(code)) return silent(url, silenceMs);
  if (CLOSED.includes(code) || isProtocolFault(error))
    return new SourceError(
      'SOURCE_INTERRUPTED',
      `The connection to ${shown(url)} broke off before all was there${code ? ` (${code})` : ''}. It is fetched anew at the next check; if it goes on, see the log of that server.`,
    );
  return asUnreachable(error, url, silenceMs);
}

export function wrongLength(url: URL): SourceError {
  return new SourceError(
    'SOURCE_INTERRUPTED',
    `${shown(url)} sent another number of bytes than its Content-Length says, so none of it can be trusted. Correct that server.`,
  );
}

export function shuttingDown(): LoadstoneError {
  return new LoadstoneError(
    'SHUTTING_DOWN',
    'The server stops. What it was fetching is fetched anew when it runs again.',
  );
}

export function silent(url: URL, silenceMs: number): SourceError {
  return new SourceError(
    'SOURCE_TIMEOUT',
    `${url.host} was silent for ${silenceMs / 1000} s. It is asked again at the next check; if it needs longer, raise SOURCE_SILENCE_SECONDS.`,
  );
}

function unreachable(reason: string): SourceError {
  return new SourceError('SOURCE_UNREACHABLE', `${reason}. It is asked again at the next check.`);
}

function isProtocolFault(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code ?? '') : '';
}
