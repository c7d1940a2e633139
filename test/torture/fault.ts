// A fault that a round injects.

import type { Round, RoundSetup } from './round.ts';

export interface Fault extends RoundSetup {
  name: string;
  /** For the usage text of `npm run torture`. */
  description: string;
  /** Set if the fault affects all rounds that share this Postgres. */
  affectsPostgres?: true;
  /** The process or disk of the embedded Postgres, or what only one node has; or a cluster. Undefined: any Postgres. */
  needs?: 'EMBEDDED' | 'CLUSTER';
  /** The test that shows the same at a fixed moment: `npm test` leaves the fault to `npm run torture`. */
  shownBy?: string;
  /** Submits files and causes the fault. Afterwards a server and Postgres run again, so that everything can recover. */
  inject(round: Round): Promise<void>;
}
