// Sends two queries to a server at a steady rate, from a separate process, and records the latency of each.
//
// `probe` below runs it as a child process: `latency-probe.ts URL`. Queries are sent on schedule whether or not earlier
// ones were answered, so a stall of the server shows in every query sent during it.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** In milliseconds, in the order of the queries. */
export interface Latencies {
  product: number[];
  productCounts: number[];
}

const INTERVAL_MS = 20;
const PRODUCT = JSON.stringify({ query: '{ product(sku: "representative") { sku name description } }' });
const PRODUCT_COUNTS = JSON.stringify({
  query:
    '{ productCountsByName(first: 20) { edges { node { name productCount } } pageInfo { hasNextPage } } }',
});

if (process.argv[1] === import.meta.filename) measureUntilStopped(process.argv[2] ?? '');

/** Runs work while a server is probed. @returns the results of both */
export async function probe<T>(url: string, work: () => Promise<T>): Promise<[T, Latencies]> {
  const child = fork(import.meta.filename, [url]);
  try {
    await message(child);
    const result = await work();
    const response = message(child);
    child.send('stop');
    return [result, (await response) as Latencies];
  } finally {
    child.kill('SIGKILL');
  }
}

async function message(child: ChildProcess): Promise<unknown> {
  const [content] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the latency probe exited'))),
  ]);
  return content;
}

async function measureUntilStopped(url: string): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  // The first queries open connections and warm up the code, so they are not counted.
  for (let round = 0; round < 20; round++) {
    await Promise.all([query(agent, url, PRODUCT), query(agent, url, PRODUCT_COUNTS)]);
  }
  process.send?.('ready');

  const latencies: Latencies = { product: [], productCounts: [] };
  const queries: Promise<void>[] = [];
  const measure = async (list: number[], body: string) => void list.push(await query(agent, url, body));
  const timer = setInterval(() => {
    queries.push(measure(latencies.product, PRODUCT), measure(latencies.productCounts, PRODUCT_COUNTS));
  }, INTERVAL_MS);
  await once(process, 'message');
  clearInterval(timer);
  await Promise.all(queries);
  process.send?.(latencies);
}

/** @returns milliseconds until the whole response has arrived */
async function query(agent: Agent, url: string, body: string): Promise<number> {
  const start = performance.now();
  const response = await post(agent, url, body);
  const milliseconds = performance.now() - start;
  if (!response.startsWith('{"data":')) throw new Error(`unexpected response: ${response}`);
  return milliseconds;
}

async function post(agent: Agent, url: string, body: string): Promise<string> {
  const outgoing = request(url, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  outgoing.end(body);
  try {
    const [response] = await once(outgoing, 'response');
    return await text(response);
  } catch (error) {
    // The server may close an idle connection just as it is reused.
    if (outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
      return post(agent, url, body);
    }
    throw error;
  }
}
