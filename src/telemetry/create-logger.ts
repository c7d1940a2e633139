// The log: JSON lines, or lines for people, each with the ids of the request and the import that it is about.

import type { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino } from 'pino';
import { currentScope } from './scope.ts';

export interface LogSettings {
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  logFormat: 'json' | 'pretty';
}

const STDERR = 2;

/**
 * @param logError makes an error ready for the log
 * @param destination default: standard error
 */
export async function createLogger(
  { logLevel, logFormat }: LogSettings,
  logError: (error: Error) => object,
  destination: DestinationStream = pino.destination({ fd: STDERR, sync: true }),
): Promise<Logger> {
  const options = { level: logLevel, mixin: idsOfScope, serializers: { err: logError } };
  return pino(options, logFormat === 'pretty' ? await readable(destination) : destination);
}

/** Both are undefined, and so not in the line, outside of requests and imports. */
function idsOfScope() {
  const { request, import: importId } = currentScope();
  return { request, import: importId };
}

async function readable(destination: DestinationStream): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination: destination as unknown as Writable,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    colorize: process.stderr.isTTY,
  });
}
