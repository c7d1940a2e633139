// No notation makes a private address pass as a public one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPublicAddress } from '../../../../src/sources/fetch/http/public-address.ts';
import { checkSourceUrl } from '../../../../src/sources/fetch/http/source-address.ts';

/** First and last address of each IPv4 range that is not public. */
const CLOSED: [string, string][] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];

const closedV4 = fc
  .constantFrom(...CLOSED)
  .chain(([first, last]) => fc.integer({ min: toNumber(first), max: toNumber(last) }));

test('private IPv4 addresses are refused in every notation', () => {
  fc.assert(
    fc.property(closedV4, (number) => {
      for (const host of spellings(number)) {
        assert.throws(
          () => checkSourceUrl(`http://${host}/products.csv`, false),
          { code: 'SOURCE_ADDRESS_REFUSED' },
          host,
        );
      }
    }),
  );
});

test('public IPv4 addresses are allowed, plain and embedded in IPv6', () => {
  const publicV4 = fc
    .integer({ min: 0, max: 2 ** 32 - 1 })
    .filter(
      (number) => !CLOSED.some(([first, last]) => number >= toNumber(first) && number <= toNumber(last)),
    )
    // Assigned to public services, not to a private network.
    .filter(
      (number) =>
        !/^(192\.88\.99|192\.31\.196|192\.52\.193|192\.175\.48)\.|^168\.63\.129\.16$/.test(toText(number)),
    );
  fc.assert(
    fc.property(publicV4, (number) => {
      for (const host of spellings(number))
        assert.doesNotThrow(() => checkSourceUrl(`http://${host}/products.csv`, false), host);
    }),
  );
});

test('private IPv6 addresses are refused, public ones are allowed', () => {
  const closed = [
    '::',
    '::1',
    '::7f00:1',
    '::127.0.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'fdff:ffff::1',
    'ff02::1',
    'ff0e::1',
    '64:ff9b:1::1',
    '64:ff9b:1::808:808',
    '100::1',
    '2001::1',
    '2001:2::1',
    '2001:10::1',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    '4000::1',
    'e000::1',
    '0:0:0:0:0:ffff:7f00:1',
  ];
  for (const address of closed) assert.equal(isPublicAddress(address), false, address);
  for (const address of ['2606:4700:4700::1111', '2a00:1450:4001:800::200e', '2400:cb00::1'])
    assert.equal(isPublicAddress(address), true, address);
});

test('cloud metadata services are refused, whatever their range', () => {
  const addresses = [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
  ];
  for (const address of addresses) assert.equal(isPublicAddress(address), false, address);
});

test('text that is not an address is refused', () => {
  for (const text of ['', 'localhost', '1.2.3.4.5', '8.8.8.8 ', '::ffff:8.8.8', '[2606:4700::1]', 'null'])
    assert.equal(isPublicAddress(text), false, text);
});

/** Decimal, octal, hexadecimal, with fewer parts, and embedded in IPv6: mapped, NAT64, 6to4. */
function spellings(number: number): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = toText(number).split('.').map(Number);
  const hex = (value: number, digits = 4) => value.toString(16).padStart(digits, '0');
  const [high, low] = [hex(number >>> 16), hex(number & 0xffff)];
  return [
    `${a}.${b}.${c}.${d}`,
    `${number}`,
    `0x${hex(number, 8)}`,
    `0${number.toString(8)}`,
    `0${a.toString(8)}.0x${b.toString(16)}.${c}.0${d.toString(8)}`,
    `${a}.${(b << 16) | (c << 8) | d}`,
    `${a}.${b}.${(c << 8) | d}`,
    `${a}.${b}.${c}.${d}.`,
    `%3${a.toString()[0]}${a.toString().slice(1)}.${b}.${c}.${d}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[::ffff:${high}:${low}]`,
    `[64:ff9b::${high}:${low}]`,
    `[2002:${high}:${low}::1]`,
  ];
}

function toNumber(text: string): number {
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function toText(number: number): string {
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
}
