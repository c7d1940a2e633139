// What may go wrong in a round.

import type { Round, Scene } from './round.ts';

export interface Fault extends Scene {
  name: string;
  /** What happens, for a person to read. */
  about: string;
  /** Whether all who use Postgres suffer with the round. */
  hurtsPostgres?: true;
  /** Submits files, lets it happen, and leaves a world in which all can recover: a server runs, Postgres is there. */
  strike(round: Round): Promise<void>;
}
