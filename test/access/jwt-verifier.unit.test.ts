// Tokens of an identity provider, signed here, with its keys served over HTTP.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { JwtVerifier } from '../../src/access/jwt-verifier.ts';
import { LoadstoneError } from '../../src/errors.ts';

const ISSUER = 'https://login.example';
const AUDIENCE = 'loadstone';
const own = await generateKeyPair('ES256', { extractable: true });
const foreign = await generateKeyPair('ES256');

let provider: Server;
let jwksUrl: string;
before(async () => {
  const keys = [{ ...(await exportJWK(own.publicKey)), kid: 'current', alg: 'ES256', use: 'sig' }];
  provider = createServer((_request, response) => response.end(JSON.stringify({ keys })));
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  jwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`;
});
after(() => provider.close());

function verifier(options: Partial<ConstructorParameters<typeof JwtVerifier>[0]> = {}): JwtVerifier {
  const claims = { roleClaim: 'role', nameClaim: 'sub' };
  return new JwtVerifier({ jwksUrl, issuer: ISSUER, audience: AUDIENCE, ...claims, ...options });
}

const CLAIMS = { sub: 'ada', iss: ISSUER, aud: AUDIENCE, role: 'writer' };

async function sign(
  claims: Record<string, unknown> = {},
  { kid = 'current', key = own.privateKey, expires = '5m' } = {},
): Promise<string> {
  const jwt = new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ alg: 'ES256', kid });
  return jwt.setExpirationTime(expires).sign(key);
}

test('a valid token says who its bearer is, and until when', async () => {
  const { identity, expiresAt = 0 } = await verifier().verify(await sign());
  assert.deepEqual(identity, { id: 'jwt:ada', name: 'ada', role: 'writer' });
  assert.ok(Math.abs(expiresAt - Date.now() - 300_000) < 60_000);
});

test('the claims with role and name can be chosen', async () => {
  const nested = verifier({ roleClaim: 'realm_access.roles', nameClaim: 'email' });
  const token = await sign({
    role: 'admin',
    realm_access: { roles: ['offline_access', 'reader', 'writer'] },
    email: 'ada@example.com\u0000\n',
  });
  const { identity } = await nested.verify(token);
  assert.deepEqual(identity, { id: 'jwt:ada', name: 'ada@example.com', role: 'writer' });

  const withDots = verifier({ roleClaim: 'https://example.com/scope' });
  const spaced = await sign({ 'https://example.com/scope': 'openid reader' });
  assert.equal((await withDots.verify(spaced)).identity.role, 'reader');
});

test('other tokens are refused with the reason', async () => {
  const forged = await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'HS256', kid: 'current' })
    .setExpirationTime('5m')
    .sign(Buffer.from(await exportSPKI(own.publicKey)));
  const refusals: [string, string | Promise<string>, string, RegExp][] = [
    ['alg: none', new UnsecuredJWT(CLAIMS).setExpirationTime('5m').encode(), 'UNAUTHENTICATED', /algorithm/],
    ['signed with the public key', forged, 'UNAUTHENTICATED', /algorithm of the token is not accepted/],
    ['another audience', sign({ aud: 'another' }), 'UNAUTHENTICATED', /claim "aud" .* not the one/],
    ['another issuer', sign({ iss: 'https://evil.example' }), 'UNAUTHENTICATED', /claim "iss"/],
    ['without a subject', sign({ sub: undefined }), 'UNAUTHENTICATED', /claim "sub" of the token is missing/],
    ['expired', sign({}, { expires: '-1m' }), 'UNAUTHENTICATED', /has expired/],
    ['an unknown key', sign({}, { kid: 'other' }), 'UNAUTHENTICATED', /names no key/],
    ['a foreign key', sign({}, { key: foreign.privateKey }), 'UNAUTHENTICATED', /signature .* not valid/],
    ['malformed', 'eyJ.not.a-token', 'UNAUTHENTICATED', /malformed/],
    ['without a role', sign({ role: 'owner' }), 'FORBIDDEN', /claim "role" .* none of the roles/],
    ['with a role of another type', sign({ role: { admin: true } }), 'FORBIDDEN', /none of the roles/],
  ];
  const strict = verifier();
  for (const [what, token, code, reason] of refusals) {
    await assert.rejects(strict.verify(await token), (error) => {
      assert.ok(error instanceof LoadstoneError, what);
      assert.equal(error.code, code, what);
      assert.match(error.message, reason, what);
      return true;
    });
  }
  assert.ok(await strict.verify(await sign()), 'it still accepts valid ones');
});

test('while the keys cannot be fetched, the error says so', async () => {
  const away = createServer((_request, response) => response.writeHead(503).end());
  away.listen(0, '127.0.0.1');
  await once(away, 'listening');
  const { port } = away.address() as AddressInfo;
  const token = await sign();
  const unavailable = { code: 'IDENTITY_PROVIDER_UNAVAILABLE' };
  await assert.rejects(verifier({ jwksUrl: `http://127.0.0.1:${port}` }).verify(token), unavailable);
  away.closeAllConnections();
  away.close();
  await assert.rejects(verifier({ jwksUrl: `http://127.0.0.1:${port}` }).verify(token), unavailable);
});
