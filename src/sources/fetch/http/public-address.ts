// Which IP addresses are on the public internet, where sources may be.

import ipaddr from 'ipaddr.js';

/** In a public range, but served by the cloud in which this machine may run. */
const METADATA_ADDRESSES = ['168.63.129.16'];

/** @param text an IP address without brackets; anything else is not public */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = embedded(ipaddr.parse(text));
  if (METADATA_ADDRESSES.includes(address.toString())) return false;
  if (address.range() !== 'unicast') return false;
  // Ranges that are not assigned may be in use locally.
  return !isV6(address) || ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}

/** The IPv4 address that an IPv6 address embeds, if any: that is where the connection goes. */
function embedded(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!isV6(address)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const { parts } = address;
  if (address.range() === '6to4') return v4(parts[1], parts[2]);
  if (address.range() === 'rfc6052' && parts.slice(2, 6).every((part) => part === 0))
    return v4(parts[6], parts[7]);
  return address;
}

function v4(high = 0, low = 0): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

function isV6(address: ipaddr.IPv4 | ipaddr.IPv6): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}
