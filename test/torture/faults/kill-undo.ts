// A server is killed while it undoes an import. The undo is undone in turn, so that the file decides about the outcome.

import { expectNoErrors, query } from '../../support/graphql-client.ts';
import type { Fault } from '../fault.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';

const UNDO = 'mutation ($id: ID!) { undoImport(id: $id) { id } }';

export const killUndo: Fault = {
  name: 'kill-undo',
  description: 'kill -9 of the server while it undoes an import, and while it undoes that',
  shownBy: 'test/app/undo.test.ts',
  servers: 'one or two',
  async inject(round) {
    const submission = round.submit(round.server, round.makeFile());
    await round.reaches(submission, ({ finished }) => finished);
    const undo = await undoAndKill(round, submission.id);
    await undoAndKill(round, undo);
  },
};

/** @returns the id of the undo, which has ended */
async function undoAndKill(round: Round, undone: string): Promise<string> {
  const { server } = round;
  const answer = await query<{ undoImport: { id: string } }>(server.url, UNDO, { id: undone });
  const { id } = expectNoErrors(answer).undoImport;
  await randomPause(round, 0, 400);
  await server.kill();
  if (round.servers.every(({ hasEnded }) => hasEnded)) await round.startServer();
  await round.importReaches(id, ({ finished }) => finished);
  const [state] = await round.database.sql<{ status: string }[]>`SELECT status FROM imports WHERE id = ${id}`;
  if (state?.status !== 'COMPLETED') throw new Error(`the undo ${id} ended as ${state?.status}`);
  round.note('undone');
  return id;
}
