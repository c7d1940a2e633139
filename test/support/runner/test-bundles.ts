// Test files that share a process: starting one, and loading the same modules again, is a good part of a small file's
// time. Files are dealt out by the seconds that they took in the last run, or by their size before the first.

import { globSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** For a file that has not run yet. */
const BYTES_PER_SECOND = 2_000;

interface Bundle {
  files: string[];
  seconds: number;
}

/**
 * Writes up to `count` modules to `folder`, each of which imports some of the files that match `pattern`. Returns
 * their paths, sorted by name and by duration, longest first.
 *
 * @param secondsFile JSON: seconds by absolute path of a test file, as slowest-reporter.ts writes it
 */
export async function bundleTests(
  pattern: string,
  count: number,
  { folder, secondsFile }: { folder: string; secondsFile: string },
): Promise<string[]> {
  const known = readSeconds(secondsFile);
  const timed = globSync(pattern).map((path) => {
    const file = resolve(path);
    return { file, seconds: known[file] ?? statSync(file).size / BYTES_PER_SECOND };
  });
  await mkdir(folder, { recursive: true });
  const bundles = deal(timed, count).map(async ({ files }, index) => {
    const name = `${String(index + 1).padStart(2, '0')}-${basename(files[0] ?? '', '.ts')}.mjs`;
    const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`);
    await writeFile(join(folder, name), imports.join(''));
    return join(folder, name);
  });
  return Promise.all(bundles);
}

/** The longest file first, each to the bundle that is the shortest so far. */
function deal(timed: { file: string; seconds: number }[], count: number): Bundle[] {
  const bundles: Bundle[] = Array.from({ length: count }, () => ({ files: [], seconds: 0 }));
  for (const { file, seconds } of timed.toSorted((a, b) => b.seconds - a.seconds)) {
    const shortest = bundles.reduce((least, bundle) => (bundle.seconds < least.seconds ? bundle : least));
    shortest.files.push(file);
    shortest.seconds += seconds;
  }
  return bundles.filter(({ files }) => files.length > 0).sort((a, b) => b.seconds - a.seconds);
}

export function readSeconds(secondsFile: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(secondsFile, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
