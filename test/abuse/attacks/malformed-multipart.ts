// Multipart requests that break the format in every place, whole ones and ones that are cut.

import { type Attack, repeatedly } from '../attack.ts';
import { type Attacker, outcomeOf } from '../attacker.ts';
import { many } from './repeat.ts';

const AT_ONCE = 16;
const AT_MOST = 50_000;
const TIMEOUT_MS = 5000;
const LINE = '\r\n';

const UPLOAD = JSON.stringify({
  query: 'mutation ($file: Upload!) { inspectFile(file: $file) { format } }',
  variables: { file: null },
});
const MAP = '{"0":["variables.file"]}';
const CSV = 'name,sku,description\nAda,a-1,first\n';

function part(disposition: string, content: string, more = ''): string {
  return `--b${LINE}Content-Disposition: ${disposition}${LINE}${more}${LINE}${content}${LINE}`;
}
const field = (name: string, content: string) => part(`form-data; name="${name}"`, content);
const file = (name: string, content = CSV) => part(`form-data; name="${name}"; filename="a.csv"`, content);
const END = `--b--${LINE}`;
const operations = field('operations', UPLOAD);
const map = field('map', MAP);
const withMap = (text: string) => operations + field('map', text) + file('0') + END;
const withOperations = (text: string) => field('operations', text) + map + file('0') + END;

const BODIES: readonly string[] = [
  '',
  END,
  '--b',
  `--b${LINE}`,
  `--b${LINE}${LINE}`,
  `--b${LINE}Content-Disposition: form-data;${LINE}${LINE}x${LINE}${END}`,
  `--b${LINE}Content-Disposition: form-data; name=${LINE}${LINE}x${LINE}${END}`,
  `--b${LINE}Content-Disposition: form-data; name="a${LINE}${LINE}x${LINE}${END}`,
  `--b${LINE}: form-data; name="a"${LINE}${LINE}x${LINE}${END}`,
  `--b${LINE}no header${LINE}${LINE}x${LINE}${END}`,
  `--b${LINE}${many(3000, (n) => `X-${n}: y${LINE}`)}${LINE}x${LINE}${END}`,
  `--b${LINE}Content-Disposition: form-data; name="${'a'.repeat(100_000)}"${LINE}${LINE}x${LINE}${END}`,
  `--b${LINE}Content-Disposition: form-data; name="\0\xff\xfe"${LINE}${LINE}x${LINE}${END}`,
  `--b${LINE}Content-Disposition: form-data; name*=UTF-8''%zz${LINE}${LINE}x${LINE}${END}`,
  `--wrong${LINE}${operations}`,
  operations + END,
  map + END,
  map + file('0') + END,
  file('0') + operations + map + END,
  operations + file('0') + map + END,
  operations + operations + map + file('0') + END,
  operations + map + map + file('0') + END,
  operations + map + file('1') + END,
  operations + map + field('0', CSV) + END,
  operations + map + file('0') + file('0') + END,
  operations + map + many(2000, () => file('0', 'x')) + END,
  operations + map + part('form-data; name="0"; filename="../../etc/passwd\0"', CSV) + END,
  operations + map + part('form-data; name="0"; filename=""', '') + END,
  operations +
    map +
    part('form-data; name="0"; filename="a"', CSV, `Content-Transfer-Encoding: base64${LINE}`) +
    END,
  operations + map + part('attachment; name="0"; filename="a"', CSV) + END,
  operations + map + file('0').slice(0, -4),
  `${operations}${map}${file('0')}--b`,
  `${operations}${map}${file('0')}${END}${'x'.repeat(100_000)}`,
  `${'preamble '.repeat(10_000)}${LINE}${operations}${map}${file('0')}${END}`,
  many(500, () => field('map', '{}')) + END,
  withMap(''),
  withMap('{'),
  withMap('[]'),
  withMap('null'),
  withMap('{}'),
  withMap('{"0":[]}'),
  withMap('{"0":"variables.file"}'),
  withMap('{"0":[null]}'),
  withMap('{"0":["variables.file","variables.file"]}'),
  withMap('{"0":["variables.no"]}'),
  withMap('{"0":["variables.__proto__.polluted"]}'),
  withMap('{"0":["variables.hasOwnProperty.call"]}'),
  withMap('{"0":["variables.constructor.prototype.a"]}'),
  withMap('{"__proto__":["variables.file"]}'),
  withMap('{"operations":["variables.file"]}'),
  withMap(`{"0":[${'"variables.file",'.repeat(5000)}"variables.file"]}`),
  withMap(`{${many(5000, (n) => `"${n}":["variables.file"],`)}"0":["variables.file"]}`),
  withMap(`{"0":["variables${'.a'.repeat(20_000)}"]}`),
  withMap(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  withOperations(''),
  withOperations('{'),
  withOperations('[]'),
  withOperations('null'),
  withOperations('1'),
  withOperations('[{"query":"{ __typename }"}]'),
  withOperations('{"query":1,"variables":{"file":null}}'),
  withOperations('{"query":"{","variables":{"file":null}}'),
  withOperations('{"query":"{ __typename }","variables":{"file":null}}'),
  withOperations('{"variables":{"file":null}}'),
  withOperations(`${UPLOAD}${' '.repeat(2_000_000)}`),
  withOperations('\xff\xfe'),
];

const TYPES = [
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary="b"',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  `multipart/form-data; boundary=${'b'.repeat(5000)}`,
  'multipart/form-data; boundary=b; boundary=c',
  'multipart/mixed; boundary=b',
];

export const malformedMultipart: Attack = {
  name: 'malformed-multipart',
  description: `${BODIES.length} malformed uploads: parts, names, headers, maps and boundaries; whole, cut and abandoned`,
  async run(attacker, outcomes, signal) {
    const bodies = BODIES.map((body) => Buffer.from(body, 'latin1'));
    await repeatedly({ atOnce: AT_ONCE, atMost: AT_MOST }, signal, async (number) => {
      const body = bodies[number % bodies.length] ?? Buffer.alloc(0);
      const round = Math.floor(number / bodies.length);
      const type = TYPES[round % 4 === 3 ? round % TYPES.length : 0] ?? '';
      if (round % 2 === 0) {
        const headers = { ...attacker.credentials, 'content-type': type };
        await outcomes.count(attacker.send({ headers, body }, signal));
      } else {
        await outcomes.count(sendPart(attacker, type, body, number, signal));
      }
    });
  },
};

/** Announces more than it sends, and hangs up or waits. */
async function sendPart(
  attacker: Attacker,
  type: string,
  body: Buffer,
  number: number,
  signal: AbortSignal,
): Promise<string> {
  const socket = attacker.connect();
  const length = String(body.length + 1000);
  socket.write(attacker.head('POST /graphql', { 'content-type': type, 'content-length': length }));
  socket.write(body);
  const isAbandoned = number % 2 === 0;
  if (isAbandoned) socket.end();
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const outcome = await outcomeOf(socket, AbortSignal.any([signal, timeout]));
  return timeout.aborted && !signal.aborted ? 'waits for the rest' : outcome;
}
