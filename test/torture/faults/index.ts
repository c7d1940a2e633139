// All faults, in the order of the usage text.

import type { Fault } from '../fault.ts';
import { client } from './client.ts';
import { fullDatabase } from './full-database.ts';
import { fullSpool } from './full-spool.ts';
import { killFirstLoad } from './kill-first-load.ts';
import { killServer } from './kill-server.ts';
import { longOutage } from './long-outage.ts';
import { loseNode } from './lose-node.ts';
import { losePostgres } from './lose-postgres.ts';
import { network } from './network.ts';
import { silentSubscribers } from './silent-subscribers.ts';
import { statements } from './statements.ts';
import { stopServer } from './stop-server.ts';
import { updateProducts } from './update-products.ts';

export const FAULTS: readonly Fault[] = [
  ...killServer,
  ...killFirstLoad,
  ...stopServer,
  ...losePostgres,
  ...loseNode,
  ...network,
  longOutage,
  ...statements,
  ...client,
  updateProducts,
  ...fullSpool,
  fullDatabase,
  silentSubscribers,
];
