// Clients go away, or send a file again because they do not know whether it arrived.

import { randomUUID } from 'node:crypto';
import type { Fault } from '../fault.ts';
import { atMoment } from '../moment.ts';
import { within } from '../patiently.ts';
import { pause } from '../pauses.ts';
import type { Round } from '../round.ts';
import type { Reply } from '../submission.ts';

export const client: Fault[] = [
  {
    name: 'drop-client',
    about: 'the client goes away in the middle of its upload',
    servers: 'one or two',
    async strike(round) {
      const drop = async ({ submission }: { submission: { giveUp(): void } }) => submission.giveUp();
      const submission = await atMoment(round, round.server, drop, ['receiving']);
      submission.endings = ['UPLOAD_INTERRUPTED'];
    },
  },
  {
    name: 'duplicate-together',
    about: 'one file is sent several times at once with one id, to all servers',
    servers: 'one or two',
    async strike(round) {
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
    about: 'the connection breaks when all of the file is sent; the client sends it again with the same id',
    servers: 'one or two',
    async strike(round) {
      const file = round.makeFile();
      const first = round.submit(round.server, file);
      first.endings = ['COMPLETED', 'UPLOAD_INTERRUPTED'];
      await within('a file is sent', first.sent);
      await pause(round, 0, 60);
      first.giveUp();
      await first.replied();
      const { id } = first;
      const again = round.submit(round.random.pick(round.servers), file, { id });
      again.endings = first.endings;
      const reply = await again.replied();
      if (reply.code !== 'IMPORT_ID_TAKEN') expectImport(reply, id);
      else if ((await round.importRow(id))?.errorCode !== 'UPLOAD_INTERRUPTED') {
        throw new Error('the same file with the same id was refused, although it had arrived');
      }
      await expectOneImport(round, id);
    },
  },
  {
    name: 'concurrent-imports',
    about: 'two or three editions of the same products are imported at once, on all servers',
    servers: 'one or two',
    async strike(round) {
      const files = Array.from({ length: round.random.between(2, 3) }, () => round.makeFile());
      for (const file of files) {
        round.submit(round.random.pick(round.servers), file);
        await pause(round, 0, 150);
      }
    },
  },
];

function expectImport({ state, code }: Reply, id: string): void {
  if (state?.id !== id) throw new Error(`a duplicate was answered ${code ?? state?.id}`);
}

/** Besides that of the catalogue before, if it had one. */
async function expectOneImport({ database, before }: Round, id: string): Promise<void> {
  const imports =
    await database.sql`SELECT id FROM imports WHERE id = ${id} OR ${before.products.size === 0}`;
  if (imports.length !== 1) throw new Error(`there are ${imports.length} imports where one was sent`);
}
