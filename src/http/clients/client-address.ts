// Who sent a request, and how they addressed this server: the connection says so, or trusted proxies do.

import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * @param request normalized by `normalizeRequest`
 * @returns the IP address of the client, IPv4 as such even if the connection is IPv6; empty if it is unknown
 */
export function clientAddress({ headers }: IncomingMessage): string {
  return String(headers['x-forwarded-for'] ?? '');
}

/** The part of an address that one client has for itself: of IPv6, a site has a whole /64. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? address : (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
}

/** The proxies in front of the server, whose `X-Forwarded-*` headers are believed. */
export class TrustedProxies {
  readonly #ranges: [Address, number][];
  readonly #onIgnored: (address: string) => void;
  #hasIgnored = false;

  /**
   * @param ranges addresses and ranges in CIDR notation
   * @param onIgnored called with the first address that is not trusted and sends such a header: a proxy may be missing in
   *   the settings
   */
  constructor(ranges: readonly string[], onIgnored: (address: string) => void = () => {}) {
    this.#onIgnored = onIgnored;
    this.#ranges = ranges.map(parseRange);
  }

  /**
   * Changes the headers of a request: `x-forwarded-for` becomes the address of the client, and the others remain with one
   * value if the connection comes from a trusted proxy.
   */
  normalize({ headers, socket }: IncomingMessage): void {
    const peer = parse(socket.remoteAddress);
    const client = this.#isTrusted(peer) ? this.#clientOf(peer, headers['x-forwarded-for']) : peer;
    if (peer && headers['x-forwarded-for'] !== undefined && !this.#isTrusted(peer)) this.#ignore(peer);
    headers['x-forwarded-for'] = client?.toString() ?? '';
    for (const name of ['x-forwarded-proto', 'x-forwarded-host']) {
      const [value] = this.#isTrusted(peer) ? String(headers[name] ?? '').split(',') : [];
      if (value?.trim()) headers[name] = value.trim();
      else delete headers[name];
    }
  }

  #ignore(peer: Address): void {
    if (this.#hasIgnored) return;
    this.#hasIgnored = true;
    this.#onIgnored(peer.toString());
  }

  #isTrusted(address: Address | undefined): address is Address {
    if (!address) return false;
    return ipaddr.subnetMatch(address, { trusted: this.#ranges }, 'other') === 'trusted';
  }

  /** Each proxy appends the address it was asked from. So the client is the last one that is not a trusted proxy. */
  #clientOf(peer: Address, forwarded: string | string[] | undefined): Address {
    const hops = String(forwarded ?? '').split(',');
    let client = peer;
    for (const hop of hops.reverse()) {
      const address = parse(hop);
      // What is left of a value that is not an address, anyone may have written.
      if (!address) break;
      client = address;
      if (!this.#isTrusted(address)) break;
    }
    return client;
  }
}

function parseRange(range: string): [Address, number] {
  const [text = '', given] = range.split('/');
  const address = ipaddr.process(text);
  const all = address.toByteArray().length * 8;
  // Of an IPv4 address that is written as IPv6, the first 96 bits are not part of the result.
  const dropped = text.includes(':') ? 128 - all : 0;
  return [address, given === undefined ? all : Math.max(0, Number(given) - dropped)];
}

/** Some proxies add the port: 192.0.2.1:4711 or [2001:db8::1]:4711. */
const WITH_PORT = /^(?:\[(.*)\](?::\d+)?|([\d.]+):\d+)$/;

function parse(text = ''): Address | undefined {
  const written = text.trim();
  const [, v6, v4] = WITH_PORT.exec(written) ?? [];
  const address = v6 ?? v4 ?? written;
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return undefined;
  return ipaddr.process(address);
}
