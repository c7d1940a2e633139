// Sends requests to a server on a fixed schedule, from a separate process, and records the latency of each.
//
// A request is sent when it is due, whether or not earlier ones were answered, and its latency counts from when it was due
// to when its whole response has arrived. So a stall of the server shows in every request that was due during it.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** What is asked. */
export interface ProbeTarget {
  /** Of the GraphQL endpoint. */
  url: string;
  /** Undefined if access is open. */
  token?: string | undefined;
}

/** Requests of one kind. */
interface Stream {
  perSecond: number;
  /** GraphQL requests as JSON, sent in turn. */
  bodies: string[];
}

export interface Answer {
  /** When the request was due, in milliseconds since 1970. */
  due: number;
  /** Milliseconds from then to the whole response. */
  ms: number;
  /** Why the request failed. */
  error?: string;
}

type Streams<Name extends string> = Record<Name, Stream>;
type Answers<Name extends string> = Record<Name, Answer[]>;

const WARM_UP_ROUNDS = 20;

export class LatencyProbe<Name extends string> implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Opens connections and sends each kind of request a few times, which is not measured. */
  static async start<Name extends string>(
    { url, token }: ProbeTarget,
    streams: Streams<Name>,
  ): Promise<LatencyProbe<Name>> {
    const probe = new LatencyProbe<Name>(fork(import.meta.filename));
    try {
      const ready = probe.#message();
      probe.#child.send({ target: { url, token }, streams });
      await ready;
      return probe;
    } catch (error) {
      await probe[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends requests for as long as the work takes, and waits for the answers. Can be called once. */
  async during<T>(work: () => Promise<T>): Promise<[T, Answers<Name>]> {
    this.#child.send('start');
    const result = await Promise.race([work(), this.#exit()]);
    const answers = this.#message();
    this.#child.send('stop');
    return [result, (await answers) as Answers<Name>];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
  }

  async #message(): Promise<unknown> {
    const [content] = await Promise.race([once(this.#child, 'message'), this.#exit()]);
    return content;
  }

  async #exit(): Promise<never> {
    await once(this.#child, 'exit');
    throw new Error('the latency probe exited');
  }
}

/** The child process. */
async function serveParent(): Promise<void> {
  const [{ target, streams }] = (await once(process, 'message')) as [
    { target: ProbeTarget; streams: Streams<string> },
  ];
  const asker = new Asker(target);
  const all = Object.entries(streams);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await Promise.all(all.map(([, { bodies }]) => asker.send(bodies[0] ?? '')));
  }
  process.send?.('ready');
  await once(process, 'message');

  const stop = new AbortController();
  const measured = all.map(async ([name, stream]) => [
    name,
    await sendOnSchedule(asker, stream, stop.signal),
  ]);
  await once(process, 'message');
  stop.abort();
  process.send?.(Object.fromEntries(await Promise.all(measured)));
}

async function sendOnSchedule(
  asker: Asker,
  { perSecond, bodies }: Stream,
  stop: AbortSignal,
): Promise<Answer[]> {
  const start = performance.now();
  const answers: Promise<Answer>[] = [];
  const measure = async (due: number, body: string): Promise<Answer> => {
    const error = await asker.send(body).then(
      () => undefined,
      (cause: Error) => cause.message,
    );
    const answer = { due: performance.timeOrigin + due, ms: performance.now() - due };
    return error === undefined ? answer : { ...answer, error };
  };
  for (;;) {
    const due = start + (answers.length * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await pause(early);
    if (stop.aborted) return Promise.all(answers);
    answers.push(measure(due, bodies[answers.length % bodies.length] ?? ''));
  }
}

class Asker {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #target: ProbeTarget;

  constructor(target: ProbeTarget) {
    this.#target = target;
  }

  /** @throws Error unless there are data in the response */
  async send(body: string): Promise<void> {
    const response = await this.#post(body);
    if (!response.startsWith('{"data":')) throw new Error(`unexpected response: ${response}`);
  }

  async #post(body: string): Promise<string> {
    const { url, token } = this.#target;
    const outgoing = request(url, {
      agent: this.#agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    outgoing.end(body);
    try {
      const [response] = await once(outgoing, 'response');
      return await text(response);
    } catch (error) {
      // The server may close an idle connection just as it is reused.
      if (outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
        return this.#post(body);
      }
      throw error;
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  process.on('disconnect', () => process.exit());
  await serveParent();
}
