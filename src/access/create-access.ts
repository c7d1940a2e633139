// Decides at start whether access is open, and refuses to start where that would be by accident.

import ipaddr from 'ipaddr.js';
import type { Logger } from 'pino';
import type { AccessTokenStore } from '../db/access/access-token-store.ts';
import type { Database } from '../db/postgres/connection/database.ts';
import { SettingsError } from '../errors.ts';
import { type Access, OPEN_ACCESS, RequiredAccess } from './access.ts';
import { type JwtOptions, JwtVerifier } from './jwt-verifier.ts';
import { TokenDirectory } from './token-directory.ts';

export interface AccessSettings {
  host: string;
  access: 'required' | 'open' | undefined;
  jwtJwksUrl: string | undefined;
  jwtIssuer: string | undefined;
  jwtAudience: string | undefined;
  jwtRoleClaim: string;
  jwtNameClaim: string;
}

/** @throws SettingsError if the server must not start with these settings */
export async function createAccess(
  settings: AccessSettings,
  { database, tokens, log }: { database: Database; tokens: AccessTokenStore; log: Logger },
): Promise<Access> {
  const jwt = jwtOptions(settings);
  if (settings.access === 'open') {
    log.warn(
      { host: settings.host },
      'Access is open (ACCESS=open): whoever reaches this server may do everything',
    );
    return OPEN_ACCESS;
  }
  const isConfigured = jwt !== undefined || settings.access === 'required' || (await tokens.hasAny());
  if (isConfigured)
    return new RequiredAccess(new TokenDirectory(database, tokens), jwt && new JwtVerifier(jwt));
  if (isLoopback(settings.host)) return OPEN_ACCESS;
  throw new SettingsError(notConfigured(settings.host));
}

function notConfigured(host: string): string {
  return `On ${host}, others can reach this server, and no access is configured. Make a token with \`npm run token -- create --role admin --name NAME\`, or set JWT_JWKS_URL; or set ACCESS=open to let whoever reaches it do everything.`;
}

/** @throws SettingsError if only some of them are set */
function jwtOptions({
  jwtJwksUrl: jwksUrl,
  jwtIssuer: issuer,
  jwtAudience: audience,
  jwtRoleClaim: roleClaim,
  jwtNameClaim: nameClaim,
}: AccessSettings): JwtOptions | undefined {
  if (jwksUrl && issuer && audience) return { jwksUrl, issuer, audience, roleClaim, nameClaim };
  if (!jwksUrl && !issuer && !audience) return undefined;
  const given = { JWT_JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
  const missing = Object.keys(given).filter((name) => !given[name as keyof typeof given]);
  throw new SettingsError(
    `To accept JWTs, all of ${Object.keys(given).join(', ')} are needed; ${missing.join(' and ')} is not set. Set it, or none of them.`,
  );
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}
