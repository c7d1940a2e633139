// A certificate for a server of one test, made without openssl, which a machine may lack.

import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  /** Both in PEM. Clients trust the certificate if it is their `ca`. */
  certificate: string;
  privateKey: string;
}

/** @param names DNS names and IPv4 addresses of the server */
export function selfSignedCertificate(names: readonly [string, ...string[]]): Certificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // Certificate and TBSCertificate of RFC 5280.
  const algorithm = der(SEQUENCE, oid(ECDSA_WITH_SHA256));
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, oid(COMMON_NAME), der(UTF8_STRING, Buffer.from(names[0])))),
  );
  const alternatives = der(SEQUENCE, ...names.map(alternativeName));
  const extensions = der(
    SEQUENCE,
    der(SEQUENCE, oid(SUBJECT_ALTERNATIVE_NAMES), der(OCTET_STRING, alternatives)),
  );
  const content = der(
    SEQUENCE,
    der(context(0, true), der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.of(1)),
    algorithm,
    name,
    der(SEQUENCE, ...VALIDITY.map((time) => der(UTC_TIME, Buffer.from(time)))),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(context(3, true), extensions),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', content, keys.privateKey)]);
  const certificate = der(SEQUENCE, content, algorithm, der(BIT_STRING, signature));
  return {
    certificate: pem(certificate),
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;

/** Object identifiers as DER has them. */
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const SUBJECT_ALTERNATIVE_NAMES = '551d11';

/** From 2020 to 2049. */
const VALIDITY = ['200101000000Z', '490101000000Z'];

function alternativeName(name: string): Buffer {
  const isAddress = /^[\d.]+$/.test(name);
  return isAddress
    ? der(context(7), Buffer.from(name.split('.').map(Number)))
    : der(context(2), Buffer.from(name));
}

/** A tag that the place in the structure defines. */
function context(number: number, isConstructed = false): number {
  return 0x80 + (isConstructed ? 0x20 : 0) + number;
}

function oid(hex: string): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'));
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, ...lengthOf(content)), content]);
}

function lengthOf({ length }: Buffer): number[] {
  if (length < 128) return [length];
  return length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
