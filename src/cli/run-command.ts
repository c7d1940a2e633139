// What all commands share: arguments, exit status, error messages.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { SettingsError } from '../errors.ts';

/** The command was called with invalid arguments. */
export class UsageError extends Error {}

/** The command failed. The message says why, and what to do. */
export class CommandError extends Error {}

/** Exit status after SIGINT: 128 plus the number of the signal, as in shells. */
export const INTERRUPTED = 130;

/**
 * Runs a command and sets the exit status to its result, or to 2 if its arguments are invalid.
 *
 * @param usage printed for --help
 * @param failed exit status if it fails, for a command to which 1 means something else
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

/** Aborts on SIGINT or SIGTERM; the command then says at its end that it has stopped. A second signal ends the process at once. */
export function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    process.once('exit', () => console.error('Stopped.'));
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return interrupt.signal;
}

/**
 * Runs what Ctrl-C stops.
 *
 * @returns its exit status; `INTERRUPTED` once it was stopped, whether it returned or threw
 */
export async function untilInterrupted(run: (interrupt: AbortSignal) => Promise<number>): Promise<number> {
  const interrupt = interruptSignal();
  try {
    const status = await run(interrupt);
    return interrupt.aborted ? INTERRUPTED : status;
  } catch (error) {
    if (interrupt.aborted) return INTERRUPTED;
    throw error;
  }
}

/** `parseArgs` of node:util, whose errors become usage errors. */
export function readArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @throws UsageError unless `text` is a whole number from `min` to `max` */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text.replaceAll('_', ''));
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${option} must be a whole number from ${min} to ${max}, not "${text}".`);
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nRun with --help for usage.`;
  if (error instanceof CommandError || error instanceof SettingsError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
