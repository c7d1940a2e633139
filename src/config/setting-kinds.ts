// Kinds of settings: how a value is written in the environment, what is allowed, and what the server gets.

import ipaddr from 'ipaddr.js';
import { z } from 'zod';

export interface Kind<Value> {
  /** Parses the text of the variable; undefined for one that is not set. */
  schema: z.ZodType<Value>;
  /** As it would be written in the environment; undefined if it is unset by default. */
  default: string | undefined;
  /** Of numbers, both included. */
  limits?: { min: number; max: number };
  choices?: readonly string[];
  /** Of one that is unset by default. */
  example?: string;
}

export function text(fallback: string): Kind<string> {
  return { schema: z.string().trim().default(fallback), default: fallback };
}

export function integer(fallback: number, min: number, max: number): Kind<number> {
  const schema = wholeNumber(min, max).prefault(String(fallback));
  return { schema, default: String(fallback), limits: { min, max } };
}

/** Unset by default. */
export function optionalInteger(min: number, max: number): Kind<number | undefined> {
  return { schema: wholeNumber(min, max).optional(), default: undefined, limits: { min, max } };
}

function wholeNumber(min: number, max: number) {
  const isAllowed = (value: string) => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
  return z
    .string()
    .trim()
    .refine(isAllowed, `must be a whole number from ${min} to ${max}`)
    .transform(Number);
}

/** A number from 0 to 1. */
export function share(fallback: number): Kind<number> {
  const schema = z
    .string()
    .trim()
    .default(String(fallback))
    .refine((value) => /^(0|1|0?\.\d+|1\.0+)$/.test(value), 'must be a number from 0 to 1')
    .transform(Number);
  return { schema, default: String(fallback), limits: { min: 0, max: 1 } };
}

/** The address of an HTTP server; unset by default. */
export function httpUrl(): Kind<string | undefined> {
  const isHttp = (value: string) => /^https?:$/.test(URL.parse(value)?.protocol ?? '');
  const schema = z
    .string()
    .trim()
    .refine(isHttp, 'must be an address that begins with http:// or https://')
    .optional();
  return { schema, default: undefined };
}

/** Headers as OpenTelemetry writes them: `name=value`, separated by commas, with percent-encoded values. */
export function headerPairs(): Kind<Readonly<Record<string, string>>> {
  const PAIR = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*?)\s*$/;
  const message = 'must be headers such as name=value,other=value, with % , = in values percent-encoded';
  const schema = z
    .string()
    .default('')
    .transform((value, context) => {
      const pairs = value.split(',').filter((pair) => pair.trim() !== '');
      const headers = pairs.map((pair): [string, string] | undefined => {
        const [, name, encoded] = PAIR.exec(pair) ?? [];
        if (name === undefined || encoded === undefined || !isDecodable(encoded)) return undefined;
        const decoded = decodeURIComponent(encoded);
        return /[^\t\x20-\x7e]/.test(decoded) ? undefined : [name, decoded];
      });
      const valid = headers.filter((header) => header !== undefined);
      if (valid.length < headers.length) context.addIssue({ code: 'custom', message });
      return Object.fromEntries(valid);
    });
  return { schema, default: undefined };
}

export function oneOf<const Choice extends string>(
  fallback: NoInfer<Choice>,
  choices: readonly Choice[],
): Kind<Choice> {
  const schema = z.enum(choices, `must be one of ${choices.join(', ')}`).default(() => fallback);
  return { schema, default: fallback, choices };
}

/** One of these, or unset. */
export function optionalOneOf<const Choice extends string>(
  choices: readonly Choice[],
): Kind<Choice | undefined> {
  const schema = z.enum(choices, `must be one of ${choices.join(', ')}`).optional();
  return { schema, default: undefined, choices };
}

/** Unset by default. */
export function optionalText(): Kind<string | undefined> {
  return { schema: z.string().trim().optional(), default: undefined };
}

/** An address from which secrets or keys come: nobody on the way may change what it answers. Unset by default. */
export function secureUrl(): Kind<string | undefined> {
  const schema = z
    .string()
    .trim()
    .refine(isSecureUrl, 'must be an address that begins with https:// (or http:// on this machine)')
    .optional();
  return { schema, default: undefined };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function isSecureUrl(value: string): boolean {
  const url = URL.parse(value);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
}

export function flag(fallback: boolean): Kind<boolean> {
  const { schema, ...rest } = oneOf(`${fallback}`, ['true', 'false']);
  return { schema: schema.transform((value) => value === 'true'), ...rest };
}

/** Entries separated by commas or spaces; none by default. */
function list(isAllowed: (entry: string) => boolean, message: string): Kind<readonly string[]> {
  const schema = z
    .string()
    .default('')
    .transform((value) => value.split(/[\s,]+/).filter((entry) => entry !== ''))
    .refine((entries) => entries.every(isAllowed), message);
  return { schema, default: undefined };
}

/** IP addresses, and ranges of them in CIDR notation. */
export function addressRanges(): Kind<readonly string[]> {
  return list(
    isAddressRange,
    'must list IP addresses or ranges, separated by commas, as in 10.0.0.1,192.168.0.0/16,fd00::/8',
  );
}

/** A host name instead of an address could change its meaning at any time; `10.1` and the like are typing errors. */
function isAddressRange(text: string): boolean {
  const [address = ''] = text.split('/');
  const isWritten = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  return isWritten && (text === address || ipaddr.isValidCIDR(text));
}

/** Names and addresses of hosts, without a port. */
export function hostNames(): Kind<readonly string[]> {
  return list(
    isHostName,
    'must list host names or addresses without a port, separated by commas, as in shop.example,*.shop.example,192.0.2.1 (or * for any)',
  );
}

function isHostName(text: string): boolean {
  if (text === '*' || ipaddr.IPv6.isValid(text)) return true;
  const host = text.replace(/^\*\./, '');
  return !/[/?#@:*\\]/.test(host.replace(/^\[.*\]$/, '')) && URL.canParse(`http://${host}`);
}

/** Origins of pages, as browsers write them. */
export function origins(): Kind<readonly string[]> {
  return list(
    (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
    'must list origins as browsers send them, separated by commas: scheme, host in lower case, and the port unless it is the default, as in https://shop.example,http://localhost:3000',
  );
}

const POSTGRES_URL_EXAMPLE = 'postgres://user:password@host:5432/database';
const ESCAPES = 'in the password, % is written %25, and / ? # @ : are %2F %3F %23 %40 %3A';

/** The address of one Postgres; unset by default. */
export function postgresUrl(): Kind<string | undefined> {
  const schema = z
    .string()
    .trim()
    .superRefine((value, context) => {
      const message = urlError(value);
      if (message) context.addIssue({ code: 'custom', message });
    })
    .optional();
  return { schema, default: undefined, example: POSTGRES_URL_EXAMPLE };
}

/** @returns what is wrong with the address of a database */
function urlError(value: string): string | undefined {
  const url = URL.parse(value);
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol))
    return `must be the address of a Postgres, as in ${POSTGRES_URL_EXAMPLE} (${ESCAPES})`;
  if (![url.username, url.password, url.host, url.pathname].every(isDecodable))
    return `has a % that does not start an escape (${ESCAPES})`;
  if (url.host.includes(',')) return `names several hosts; it must name one, as in ${POSTGRES_URL_EXAMPLE}`;
  return undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
