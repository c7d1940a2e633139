// What may go wrong in a round.

import type { Round } from './round.ts';

export interface Fault {
  name: string;
  /** What happens, for a person to read. */
  about: string;
  /** How many servers run when it strikes. */
  servers: 1 | 2 | 'one or two';
  /** Whether the catalogue has products before; empty in half of the rounds unless told. */
  catalogue?: 'filled' | 'any';
  /** Whether all who use Postgres suffer with the round. */
  hurtsPostgres?: true;
  /** Before the servers start. */
  prepare?(round: Round): Promise<void>;
  /** Submits files, lets it happen, and leaves a world in which all can recover: a server runs, Postgres is there. */
  strike(round: Round): Promise<void>;
}
