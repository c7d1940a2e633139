// One first load in a server and a database of its own.

import type { Bench } from '../bench.ts';
import { ledgerOfFirstLoad } from '../catalogue/catalogues.ts';
import { checkpoint } from '../catalogue/databases.ts';
import { checkCatalogue, type Expected } from '../catalogue/expected.ts';
import { type ImportTimes, Loadstone } from '../processes/loadstone.ts';

export async function importOnce(
  { databases }: Bench,
  path: string,
  expected: Expected,
): Promise<ImportTimes & { memory: number | undefined }> {
  return databases.withFresh(async (url) => {
    await using loadstone = await Loadstone.start(url);
    await checkpoint(loadstone.sql);
    const times = await loadstone.import(path, ledgerOfFirstLoad(expected));
    const memory = await loadstone.peakMemory();
    await checkCatalogue(loadstone.sql, expected);
    return { ...times, memory };
  });
}
