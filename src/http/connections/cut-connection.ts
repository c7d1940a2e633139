// Ends a response half way, so that no client takes it for whole.

import type { ServerResponse } from 'node:http';

/** With a reset: to a client of HTTP/1.0, such as a proxy, a connection that is closed is the end of a file. */
export function cutConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
  response.destroy();
}
