// The names under which the server answers (protection against DNS rebinding: a page whose name suddenly leads here would
// have the same origin as the server).

import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { httpError } from '../http-error.ts';

/** Load balancers call these by whatever address they know. They tell nothing and change nothing. */
const PROBES = ['/healthz', '/readyz'];

export class AllowedHosts {
  readonly #names: Set<string>;
  readonly #domains: string[];
  readonly #isAny: boolean;

  /** @param hosts names and addresses; `*.shop.example` for the names below shop.example, `*` for all */
  constructor(hosts: readonly string[]) {
    this.#isAny = hosts.includes('*');
    this.#domains = hosts.filter((host) => host.startsWith('*.')).map((host) => nameOf(host.slice(2)));
    this.#names = new Set(hosts.filter((host) => !host.startsWith('*')).map(nameOf));
  }

  /**
   * Besides the given hosts, those of this machine are allowed, and the address that the connection was made to: no page
   * can have them from elsewhere.
   *
   * @param host of a request, valid, with its port if any
   * @throws an HTTP error 421
   */
  check(host: string, { socket }: IncomingMessage, path: string): void {
    if (this.#isAny || PROBES.includes(path.replace(/\/$/, ''))) return;
    const name = nameOf(host);
    if (this.#names.has(name) || this.#domains.some((domain) => name.endsWith(`.${domain}`))) return;
    if (isLoopback(name) || name === addressName(socket.localAddress)) return;
    const message = `This server does not answer under the name ${JSON.stringify(name)}. Use another of its names; or, if it is yours, add this one to ALLOWED_HOSTS.`;
    throw httpError(421, 'HOST_NOT_ALLOWED', message);
  }
}

/** @returns the host without its port, as URLs have it: in lower case, international names in ASCII */
function nameOf(host: string): string {
  const { hostname } = new URL(`http://${isIPv6(host) ? `[${host}]` : host}`);
  return addressName(hostname.replace(/^\[(.*)\]$/, '$1')) ?? hostname.replace(/\.$/, '');
}

/** An address in one spelling; undefined for a name. */
function addressName(text: string | undefined): string | undefined {
  return text !== undefined && ipaddr.isValid(text) ? ipaddr.process(text).toString() : undefined;
}

function isLoopback(name: string): boolean {
  if (ipaddr.isValid(name)) return ipaddr.parse(name).range() === 'loopback';
  return name === 'localhost' || name.endsWith('.localhost');
}
