// The browser of the tests: Chromium from an npm package, unpacked once, or an installed one.
//
// The package is made for cloud functions: it unpacks in place into the folder for temporary files, which is not safe
// with concurrent processes. Here each process unpacks into a folder of its own, which is renamed when it is complete.

import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LaunchOptions } from 'playwright-core';

/** Environment variable with the path of a Chromium or Chrome to use instead. */
const VARIABLE = 'LOADSTONE_TEST_BROWSER';

/** From the package, whose binary is for Linux on x64. Besides libc it only needs its own libraries and fonts. */
const PACKAGE = '@sparticuz/chromium';

/** Makes the package unpack its libraries too. */
const CLOUD = { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };

export async function browserBinary(): Promise<Pick<LaunchOptions, 'executablePath' | 'channel' | 'env'>> {
  const own = process.env[VARIABLE];
  if (own) return { executablePath: own };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' };
  const folder = await unpackedFolder();
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  };
}

/** What to do when the browser does not start. */
export const BROWSER_ADVICE = `Set ${VARIABLE} to the path of a Chromium or Chrome on this machine to use that one.`;

async function unpackedFolder(): Promise<string> {
  const packageFile = fileURLToPath(new URL('../package.json', import.meta.resolve(PACKAGE)));
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string };
  const cache = await writableFolder([
    join(import.meta.dirname, '../../../node_modules/.cache/loadstone'),
    join(tmpdir(), `loadstone-browser-${userInfo().uid}`),
  ]);
  const folder = join(cache, `chromium-${version}`);
  if (!(await exists(folder))) await unpackInto(folder);
  return folder;
}

async function unpackInto(folder: string): Promise<void> {
  const aside = await mkdtemp(`${folder}-`);
  try {
    const script = `import chromium from '${PACKAGE}'; await chromium.executablePath();`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: import.meta.dirname,
      env: { ...process.env, ...CLOUD, TMPDIR: aside },
    });
    await writeFile(join(aside, 'fonts.conf'), fontSettings(folder));
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    // Another process was first and unpacked the same.
    if (!(await exists(folder))) throw error;
  }
}

/** Only the package's fonts, so that pages look the same on every machine. */
function fontSettings(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'font-cache')}</cachedir>
</fontconfig>
`;
}

/** The first folder that can be created and written to. */
async function writableFolder(candidates: string[]): Promise<string> {
  const refusals: unknown[] = [];
  for (const folder of candidates) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await rm(await mkdtemp(join(folder, 'try-')), { recursive: true });
      return folder;
    } catch (error) {
      refusals.push(error);
    }
  }
  throw new AggregateError(
    refusals,
    `The browser can be unpacked in none of ${candidates.map(dirname).join(', ')}`,
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
