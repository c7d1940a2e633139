// A node of a Citus cluster is killed during an import, and comes back: at any moment, or between the two phases of a commit.

import { atStage, type StageReached } from '../at-stage.ts';
import { waitUntil } from '../eventually.ts';
import type { Fault } from '../fault.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';

const AWAY_MS = 6_000;
/** Others may hold what the import needs for its next commit. */
const HELD_WITHIN_MS = 5_000;

export const loseNode: Fault[] = [
  onCluster('kill-worker', 'kill -9 of a worker of the cluster, which comes back', (round) =>
    atStage(round, round.server, () => lose(round, [workerOf(round)])),
  ),
  onCluster('kill-coordinator', 'kill -9 of the coordinator, which comes back', (round) =>
    atStage(round, round.server, () => lose(round, [round.cluster.nodes[0]])),
  ),
  onCluster('kill-cluster', 'kill -9 of all nodes and a server', (round) =>
    atStage(round, round.server, (reached) => loseAll(round, reached)),
  ),
  onCluster('kill-between-phases', 'kill -9 of a node between the two phases of a commit', (round) =>
    atStage(round, round.server, (reached) => loseInCommit(round, reached), [
      'loading',
      'merging',
      'undoing',
    ]),
  ),
];

function onCluster(name: string, description: string, inject: (round: Round) => Promise<unknown>): Fault {
  return {
    name,
    description,
    needs: 'CLUSTER',
    affectsPostgres: true,
    servers: 'one or two',
    inject: async (round) => void (await inject(round)),
  };
}

function workerOf({ random, cluster }: Round): string {
  return random.pick(cluster.nodes.slice(1));
}

export async function lose(round: Round, nodes: readonly string[]): Promise<void> {
  await Promise.all(nodes.map((node) => round.cluster.kill(node)));
  await randomPause(round, 0, AWAY_MS);
  await Promise.all(nodes.map((node) => round.cluster.start(node)));
}

async function loseAll(round: Round, { stage, submission }: StageReached): Promise<void> {
  if (stage === 'receiving') submission.allowedOutcomes = ['UPLOAD_INTERRUPTED'];
  await Promise.all([round.server.kill(), lose(round, round.cluster.nodes)]);
  if (round.servers.every(({ hasEnded }) => hasEnded)) await round.startServer();
}

async function loseInCommit(round: Round, { release }: StageReached): Promise<void> {
  const { cluster, random, databaseName } = round;
  const held = random.pick(cluster.nodes);
  const lost = random.pick(cluster.nodes);
  const nameOf = (node: string) => (node === cluster.nodes[0] ? 'coordinator' : 'worker');
  await cluster.holdCommits(held);
  try {
    await release();
    const isHeld = () => cluster.isCommitHeld(held, databaseName);
    const found = await waitUntil('a commit is held', isHeld, HELD_WITHIN_MS).then(
      () => '',
      () => 'no ',
    );
    round.note(
      `${found}commit held at the ${nameOf(held)}, ${held === lost ? 'it' : `a ${nameOf(lost)}`} is killed`,
    );
  } finally {
    await cluster.forgetHold(held);
  }
  await cluster.kill(lost);
  if (held !== lost) await cluster.reload(held);
  await randomPause(round, 0, AWAY_MS);
  await cluster.start(lost);
}
