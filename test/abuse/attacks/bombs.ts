// Files that unpack to thousands of times their size, to be imported and to be inspected.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attack, repeatedly } from '../attack.ts';
import type { Attacker } from '../attacker.ts';
import { type Bomb, makeBombs } from './bomb-files.ts';

const AT_ONCE = 2;
const AT_MOST = 200;
const POLL_MS = 250;

const IMPORT =
  'mutation ($file: Upload!, $options: ImportOptions) { importProducts(file: $file, options: $options) { id } }';
const INSPECT = 'mutation ($file: Upload!) { inspectFile(file: $file) { format } }';
const STATE = 'query ($id: ID!) { import(id: $id) { status error { code } } }';

let all: Bomb[] = [];

export const bombs: Attack = {
  name: 'bombs',
  description: 'gzip, zstd, zip and workbook bombs, to be imported and inspected',
  prepare() {
    all = makeBombs();
  },
  async run(attacker, outcomes, signal) {
    await repeatedly({ atOnce: AT_ONCE, atMost: AT_MOST }, signal, async (number) => {
      const bomb = all[number % all.length] as Bomb;
      const isInspection = Math.floor(number / all.length) % 2 === 1;
      await outcomes.count(
        isInspection ? inspect(attacker, bomb, signal) : importBomb(attacker, bomb, signal),
      );
    });
  },
};

async function inspect(attacker: Attacker, bomb: Bomb, signal: AbortSignal): Promise<string> {
  return attacker.upload({ query: INSPECT, variables: { file: null } }, bomb, signal);
}

/** @returns how the import ended */
async function importBomb(attacker: Attacker, bomb: Bomb, signal: AbortSignal): Promise<string> {
  const id = randomUUID();
  const sent = await attacker.upload(
    { query: IMPORT, variables: { file: null, options: { id } } },
    bomb,
    signal,
  );
  if (sent !== '200') return sent;
  for (;;) {
    const state = await attacker.ask(STATE, { id }, signal);
    const ended = /"status":"(?:COMPLETED|FAILED|CANCELLED).*?"code":"([A-Z_]+)"/.exec(state)?.[1];
    if (ended) return `import ended with ${ended}`;
    if (signal.aborted) return 'import runs at the end';
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
