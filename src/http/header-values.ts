// The values of a header that a request may have once.

import type { IncomingMessage } from 'node:http';

/**
 * All values of a header, in order. `headersDistinct` has the same, and would keep every header once more for as long as the
 * request lasts: a subscription may stay for days.
 *
 * @param name in lower case
 */
export function headerValues({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}
