// Reads the settings from the environment. No other file does.

import { z } from 'zod';
import { SETTINGS, type Setting, type Settings } from './config/settings.ts';
import { SettingsError } from './errors.ts';

export type { Settings } from './config/settings.ts';

type Environment = Record<string, string | undefined>;

const settings: [field: string, setting: Setting][] = Object.entries(SETTINGS);
const environmentSchema = z.object(
  Object.fromEntries(settings.map(([, { variable, schema }]) => [variable, schema])),
);

/**
 * A variable that is unset or empty has its default.
 *
 * @throws SettingsError that names every invalid variable and what is allowed
 */
export function readSettings(env: Environment): Settings {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  const result = environmentSchema.safeParse(Object.fromEntries(given));
  if (!result.success) throw new SettingsError(describe(result.error, env));
  const values = settings.map(([field, { variable }]) => [field, result.data[variable]]);
  return Object.fromEntries(values) as Settings;
}

export interface SettingInForce {
  variable: string;
  /** As it would be written in the environment, without what is secret; null if it is not set. */
  value: string | null;
  source: 'default' | 'environment' | '.env';
}

/**
 * @param file what a file `.env` sets; the environment has precedence, as for the server
 * @throws SettingsError as `readSettings`
 */
export function settingsInForce(env: Environment, file: Environment): SettingInForce[] {
  const merged = { ...file, ...env };
  const values: Record<string, unknown> = readSettings(merged);
  return settings.map(([field, { variable, isSecret }]) => {
    const value = values[field];
    const text =
      value === undefined ? null : Array.isArray(value) ? value.map(textOf).join(',') : textOf(value);
    const isGiven = (merged[variable] ?? '').trim() !== '';
    const source = !isGiven ? 'default' : env[variable] !== undefined ? 'environment' : '.env';
    return { variable, value: isSecret && text !== null ? masked(text) : text, source };
  });
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Of an address only what tells it from others: a parameter may be secret, too. */
function masked(text: string): string {
  const url = URL.parse(text);
  if (!url) return '***';
  const user = url.username && `${url.username}${url.password && ':***'}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}

function describe(error: z.ZodError, env: Environment): string {
  const faults = error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    const isSecret = settings.some(([, { variable, isSecret }]) => variable === name && isSecret);
    return isSecret ? `${name} ${message}` : `${name} is "${env[name]}"; it ${message}`;
  });
  const [only, ...others] = faults;
  if (others.length === 0) return `Wrong setting in the environment: ${only}`;
  return ['Wrong settings in the environment:', ...faults.map((fault) => `  ${fault}`)].join('\n');
}
