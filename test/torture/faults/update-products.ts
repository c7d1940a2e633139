// updateProduct changes products while a file with the same SKUs is imported.

import { query } from '../../support/server/graphql-client.ts';
import type { Submission } from '../clients/submission.ts';
import type { Fault } from '../fault.ts';
import type { Round } from '../round.ts';

const EDITORS = 6;
const SKUS_OF_AN_EDITOR = 15;
/** Few, so that editors change the same counts. */
const NAMES = 5;

const UPDATE = `mutation ($sku: String!, $name: String!) {
  updateProduct(sku: $sku, input: { name: $name }) { sku name }
}`;

export const updateProducts: Fault = {
  name: 'concurrent-updates',
  description: 'updateProduct renames the same products during the import, on all servers',
  servers: 'one or two',
  catalogue: 'filled',
  async inject(round) {
    const file = round.makeFile();
    const all = [...new Set([...round.before.products.keys(), ...file.skus])];
    const skus = round.random.shuffled(all);
    const submission = round.submit(round.server, file);
    let isOver = false;
    const ended = round
      .reaches(submission, ({ finished }) => finished)
      .finally(() => {
        isOver = true;
      });
    const editors = Array.from({ length: EDITORS }, (_, editor) => {
      const own = skus.slice(editor * SKUS_OF_AN_EDITOR, (editor + 1) * SKUS_OF_AN_EDITOR);
      return edit(round, submission, own, () => isOver);
    });
    await Promise.all([ended, ...editors]);
    round.note(`${round.updates.size} updates`);
  },
};

/** Updates products until the import has ended, and once more after that. */
async function edit(
  round: Round,
  submission: Submission,
  skus: readonly string[],
  isOver: () => boolean,
): Promise<void> {
  const { url } = round.random.pick(round.servers);
  for (let isLast = false; !isLast; ) {
    isLast = isOver();
    for (const sku of skus) {
      const name = `Edited ${round.random.below(NAMES)}`;
      const { data, errors } = await query(url, UPDATE, { sku, name });
      const code = errors?.[0]?.extensions?.code;
      // A new SKU has no product until its partition is merged.
      if (data && !errors) round.updates.add(sku, name, submission.file.skus.has(sku));
      else if (code !== 'NOT_FOUND' || round.before.products.has(sku) || isLast) {
        throw new Error(`updateProduct returned ${JSON.stringify(errors)}`);
      }
    }
  }
}
