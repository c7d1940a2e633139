// Tokens of an identity provider: JWTs, verified with the keys that it publishes.

import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { LoadstoneError } from '../errors.ts';
import { unauthenticated } from './access-error.ts';
import type { Grant } from './grant.ts';
import { ROLES, type Role } from './identity.ts';

export interface JwtOptions {
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** The claim that holds the role or several: its name, or a path with dots. */
  roleClaim: string;
  /** The claim that holds the name. */
  nameClaim: string;
}

/** Asymmetric ones only: whoever can verify with a shared secret could also sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const JWKS_TIMEOUT_MS = 5000;
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_NAME_LENGTH = 200;

export class JwtVerifier {
  readonly #options: JwtOptions;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(options: JwtOptions) {
    this.#options = options;
    this.#keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: JWKS_TIMEOUT_MS });
  }

  /** @throws LoadstoneError UNAUTHENTICATED, FORBIDDEN without a role, IDENTITY_PROVIDER_UNAVAILABLE */
  async verify(token: string): Promise<Grant> {
    const { issuer, audience } = this.#options;
    const { payload } = await jwtVerify(token, this.#keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    }).catch((error: unknown) => {
      throw refusalOf(error);
    });
    const subject = textOf(payload.sub) ?? 'unknown';
    const name = textOf(claimOf(payload, this.#options.nameClaim)) ?? subject;
    const role = this.#roleOf(payload);
    return { identity: { id: `jwt:${subject}`, name, role }, expiresAt: (payload.exp ?? 0) * 1000 };
  }

  #roleOf(payload: JWTPayload): Role {
    const value = claimOf(payload, this.#options.roleClaim);
    const named = Array.isArray(value) ? value : String(value ?? '').split(' ');
    const role = ROLES.findLast((each) => named.includes(each));
    if (role) return role;
    const message = `The claim "${this.#options.roleClaim}" of the token has none of the roles ${ROLES.join(', ')}. Ask whoever manages the identity provider for one.`;
    throw new LoadstoneError('FORBIDDEN', message);
  }
}

/** A name may itself have dots, as those that are addresses do. */
function claimOf(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  return claim
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        value !== null && typeof value === 'object' && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      payload,
    );
}

/** As it can be logged and stored. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.replace(/\p{C}/gu, '').trim().slice(0, MAX_NAME_LENGTH).toWellFormed();
  return text === '' ? undefined : text;
}

function refusalOf(error: unknown): LoadstoneError {
  if (error instanceof errors.JWTExpired) return unauthenticated('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const reason = error.reason === 'missing' ? 'is missing' : 'is not the one that this server accepts';
    return unauthenticated(`The claim "${error.claim}" of the token ${reason}.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    const accepted = 'asymmetric ones, such as RS256 and ES256';
    return unauthenticated(`The algorithm of the token is not accepted; only ${accepted}, are.`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return unauthenticated('The signature of the token is not valid.');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return unauthenticated('The token names no key that the identity provider publishes.');
  }
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid)
    return unauthenticated('The token is malformed.');
  const message =
    'The keys of the identity provider cannot be fetched from JWT_JWKS_URL. Try again in a moment.';
  return new LoadstoneError('IDENTITY_PROVIDER_UNAVAILABLE', message, { cause: error });
}
