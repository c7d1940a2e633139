// For processes that cannot be told to choose a port themselves.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** @returns a port of the loopback interface that nobody listens on at present */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
