// Downloads of the whole catalogue whose clients never read: each could hold a snapshot of the database.

import { setTimeout as delay } from 'node:timers/promises';
import { type Attack, repeatedly } from '../attack.ts';
import { outcomeOf } from '../attacker.ts';

const DOWNLOADS = 20;
const RETRY_AFTER_MS = 1000;
const PATHS = ['/products.csv', '/products.csv.gz', '/names.csv'];

export const stalledDownloads: Attack = {
  name: 'stalled-downloads',
  description: `${DOWNLOADS} downloads of the catalogue that are never read`,
  isHeld: true,
  async run(attacker, outcomes, signal) {
    await repeatedly({ atOnce: DOWNLOADS, atMost: 100 * DOWNLOADS }, signal, async (number) => {
      const socket = attacker.connect();
      socket.write(attacker.head(`GET ${PATHS[number % PATHS.length]}`));
      // The beginning is read, to see the status.
      let received = 0;
      socket.on('data', (chunk: string) => {
        received += chunk.length;
        if (received > 64 * 1024) socket.pause();
      });
      await outcomes.count(outcomeOf(socket, signal));
      await delay(RETRY_AFTER_MS, undefined, { signal }).catch(() => {});
    });
  },
};
