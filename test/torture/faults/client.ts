// Clients disconnect, or send a file again because they do not know whether it arrived.

import { randomUUID } from 'node:crypto';
import { atStage } from '../at-stage.ts';
import type { Reply } from '../clients/submission.ts';
import { withTimeout } from '../eventually.ts';
import type { Fault } from '../fault.ts';
import { randomPause } from '../random-pause.ts';
import type { Round } from '../round.ts';

export const client: Fault[] = [
  {
    name: 'drop-client',
    description: 'the client disconnects in the middle of its upload',
    shownBy: 'test/app/files/bad-input.test.ts',
    servers: 'one or two',
    async inject(round) {
      const drop = async ({ submission }: { submission: { abort(): void } }) => submission.abort();
      const { submission } = await atStage(round, round.server, drop, ['receiving']);
      submission.allowedOutcomes = ['UPLOAD_INTERRUPTED'];
    },
  },
  {
    name: 'duplicate-together',
    description: 'the same file is sent several times at once with the same id, to all servers',
    shownBy: 'test/app/imports/idempotence.test.ts',
    servers: 'one or two',
    async inject(round) {
      const [id, file] = [randomUUID(), round.makeFile()];
      const count = round.random.between(2, 5);
      const submissions = Array.from({ length: count }, () =>
        round.submit(round.random.pick(round.servers), file, { id }),
      );
      for (const submission of submissions) expectImport(await submission.replied(), id);
      await expectOneImport(round, id);
    },
  },
  {
    name: 'duplicate-after-lost-answer',
    description:
      'the connection breaks after the last byte of the file; the client sends it again with the same id',
    servers: 'one or two',
    async inject(round) {
      const file = round.makeFile();
      const first = round.submit(round.server, file);
      first.allowedOutcomes = ['COMPLETED', 'UPLOAD_INTERRUPTED'];
      await withTimeout('the file is sent', first.sent);
      await randomPause(round, 0, 60);
      first.abort();
      await first.replied();
      const { id } = first;
      const again = round.submit(round.random.pick(round.servers), file, { id });
      again.allowedOutcomes = first.allowedOutcomes;
      const reply = await again.replied();
      if (reply.code !== 'IMPORT_ID_TAKEN') expectImport(reply, id);
      else if ((await round.importRow(id))?.errorCode !== 'UPLOAD_INTERRUPTED') {
        throw new Error('the same file with the same id was refused although it had arrived');
      }
      await expectOneImport(round, id);
    },
  },
  {
    name: 'concurrent-imports',
    description: 'two or three editions of the same products are imported at the same time, on all servers',
    shownBy: 'test/app/imports/import.test.ts',
    servers: 'one or two',
    async inject(round) {
      const files = Array.from({ length: round.random.between(2, 3) }, () => round.makeFile());
      for (const file of files) {
        const preview = round.random.chance(30);
        const submission = round.submit(round.random.pick(round.servers), file, { preview });
        if (preview) round.commitWhenReady(submission);
        await randomPause(round, 0, 150);
      }
    },
  },
];

function expectImport({ state, code }: Reply, id: string): void {
  if (state?.id !== id) throw new Error(`a duplicate was answered with ${code ?? state?.id}`);
}

/** Not counting the import that filled the catalogue. */
async function expectOneImport({ database, before }: Round, id: string): Promise<void> {
  const imports =
    await database.sql`SELECT id FROM imports WHERE id = ${id} OR ${before.products.size === 0}`;
  if (imports.length !== 1) throw new Error(`${imports.length} imports instead of one`);
}
