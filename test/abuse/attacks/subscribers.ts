// A thousand subscribers that stay, and a hundred that never read what they are sent.

import { randomUUID } from 'node:crypto';
import {
  type RawSubscriber,
  subscribeSse,
  subscribeWebSocket,
} from '../../support/server/raw-subscribers.ts';
import { type Attack, repeatedly } from '../attack.ts';
import type { Attacker } from '../attacker.ts';

/** Opened at the same time. */
const OPENING = 20;

const PROGRESS = `subscription ($id: ID) {
  importProgress(id: $id) { id status percent rows { read inserted updated } columns ignoredColumns }
}`;
const COUNTS = { query: 'subscription { productCountsChanged { at totals { names products } } }' };

export const idleSubscribers = subscribers({
  name: 'idle-subscribers',
  description: '1,000 subscribers over WebSocket and SSE, to imports that never begin',
  count: 1000,
  isReading: true,
  operation: () => ({ query: PROGRESS, variables: { id: randomUUID() } }),
});

export const stalledSubscribers = subscribers({
  name: 'stalled-subscribers',
  description: '100 subscribers over WebSocket and SSE, to all imports and counts, that never read',
  count: 100,
  isReading: false,
  operation: (number) => (number % 4 < 2 ? { query: PROGRESS } : COUNTS),
});

interface Subscribers extends Pick<Attack, 'name' | 'description'> {
  count: number;
  isReading: boolean;
  operation(number: number): object;
}

function subscribers({ name, description, count, isReading, operation }: Subscribers): Attack {
  return {
    name,
    description,
    isHeld: true,
    async run(attacker, outcomes, signal) {
      const held: Promise<unknown>[] = [];
      const open = async (number: number) => {
        const subscriber = await subscribe(attacker, number, operation(number)).catch(
          (error: Error) => error,
        );
        if (subscriber instanceof Error) {
          await outcomes.count(Promise.resolve(subscriber.message));
          return;
        }
        if (isReading) subscriber.read();
        held.push(outcomes.count(untilClosed(subscriber, signal)));
      };
      await repeatedly({ atOnce: OPENING, atMost: count }, signal, open);
      await Promise.all(held);
    },
  };
}

/** Half of them over each protocol. */
async function subscribe(
  { url, credentials }: Attacker,
  number: number,
  operation: object,
): Promise<RawSubscriber> {
  return (number % 2 === 0 ? subscribeSse : subscribeWebSocket)(url.origin, operation, credentials);
}

async function untilClosed(subscriber: RawSubscriber, signal: AbortSignal): Promise<string> {
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  const isAborted =
    signal.aborted || (await Promise.race([aborted.then(() => true), subscriber.closed.then(() => false)]));
  subscriber.close();
  return isAborted ? 'open at the end' : 'closed';
}
