// What every command has in common: its arguments, its exit status, its messages.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { SettingsError } from '../errors.ts';

/** The command was called in a way it does not understand. */
export class UsageError extends Error {}

/** The command cannot do what it was asked to; the message says why and what to do. */
export class CommandError extends Error {}

/** 128 and the number of SIGINT, as shells have it. */
export const INTERRUPTED = 130;

/**
 * Runs a command and sets the exit status: what the command returns, 1 when it fails, 2 when it is called wrongly.
 *
 * @param usage printed for --help, and pointed to when the arguments are wrong
 * @param failed the status when it fails, for a command to which 1 means something else
 */
export async function runCommand(usage: string, command: () => Promise<number>, failed = 1): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(usage);
    return;
  }
  try {
    process.exitCode = await command();
  } catch (error) {
    console.error(describe(error));
    process.exitCode = error instanceof UsageError ? 2 : failed;
  }
}

/** Aborts at Ctrl-C, or when the process is asked to end; asked again, it ends as it is. */
export function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return interrupt.signal;
}

/** `parseArgs` of node:util, whose complaints become usage errors. */
export function readArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @throws UsageError unless `text` is a whole number from `least` to `most` */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text.replaceAll('_', ''));
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${option} must be a whole number from ${least} to ${most}, not "${text}".`);
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nRun it with --help for how to use it.`;
  if (error instanceof CommandError || error instanceof SettingsError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
