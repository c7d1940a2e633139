// `npm start` with the embedded Postgres, whose cluster exists, until the server is ready.

import { join } from 'node:path';
import type { Measurement } from '../bench.ts';
import { ServerProcess } from '../processes/server-process.ts';

const dataDirOf = (folder: string) => join(folder, 'npm-start');

export const start: Measurement = {
  name: 'start',
  group: 'standard',
  what: '`npm start` on an existing cluster',
  async prepare({ folder }) {
    // The first start creates the cluster.
    await using _server = await ServerProcess.start({ dataDir: dataDirOf(folder), withNpm: true });
  },

  async measure({ folder }, results) {
    await using server = await ServerProcess.start({ dataDir: dataDirOf(folder), withNpm: true });
    results.addDurations('`npm start` on an existing cluster', { total: server.secondsToReady });
    results.add(
      { id: 'start', what: '`npm start` on an existing cluster to ready', unit: 's', atMost: 1.5 },
      server.secondsToReady,
    );
  },
};
