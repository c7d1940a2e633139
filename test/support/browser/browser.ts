// A real browser for the tests of a file, and a page for each test, which fails if the page reports an error.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { releaseAfter } from '../release.ts';
import { BROWSER_ADVICE, browserBinary } from './browser-binary.ts';

export interface PageOptions extends BrowserContextOptions {
  /** Problems that the test causes on purpose, such as lost connections to a stopped server. */
  expected?: RegExp[];
}

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** Timeout for actions of the page: generous, for busy machines. */
const WITHIN_MS = 20_000;

/** A tenth of a second of CPU time for each page: a blank page and the site share a process. */
const ONE_RENDERER = ['--disable-site-isolation-trials', '--process-per-site', '--renderer-process-limit=1'];

/** A sixth of the CPU time of a test: scripts run too briefly to be worth V8's optimizing compilers. */
const FEW_COMPILATIONS = '--js-flags=--no-opt --no-maglev';

let opened: Promise<{ browser: Browser; close(): Promise<void> }> | undefined;

after(async () => (await opened?.catch(() => undefined))?.close());

/**
 * Opens an empty page with the server as its base URL: `page.goto('/products')`. The test fails if the page logs or
 * throws an error, violates its content security policy, or sends a request to another host.
 *
 * @param server the base URL of the page, and the only host it may connect to
 */
export async function openPage(
  t: TestContext,
  server: { url: string },
  { expected = [], ...options }: PageOptions = {},
): Promise<Page> {
  opened ??= openBrowser();
  const { browser } = await opened;
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    acceptDownloads: true,
    ...options,
  });
  context.setDefaultTimeout(WITHIN_MS);
  const problems: string[] = [];
  await watch(context, server, problems);
  releaseAfter(t, async () => {
    await context.close();
    const unexpected = problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
    assert.deepEqual(unexpected, [], 'problems in the browser');
  });
  return context.newPage();
}

/** A second page, like another tab of the same user. */
export async function openTab(page: Page): Promise<Page> {
  return page.context().newPage();
}

/** Opens another page of the console without loading the console again, as its links do. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`);
}

/** Resolves when all fades have ended: until then colours have less contrast. */
const STILL = `(async () => {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  const ending = document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(ending.map(({ finished }) => finished));
})()`;

/** The rules of axe, among those that it checks by default, that look at colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Fails with the accessibility problems that axe finds on the page. */
export async function expectAccessible(page: Page): Promise<void> {
  await expectNoViolations(page, {});
}

/** Like `expectAccessible`, in light and in dark colours. */
export async function expectAccessibleInAllColours(page: Page): Promise<void> {
  await expectColours(page, 'light');
  await expectNoViolations(page, {});
  await expectColours(page, 'dark');
  await expectNoViolations(page, { runOnly: COLOUR_RULES });
}

async function expectColours(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
  // Chromium does not always compute the inherited colours again by itself.
  await page.evaluate(`(({ style }) => {
    style.display = 'none';
    document.body.getBoundingClientRect();
    style.display = '';
  })(document.body)`);
}

async function expectNoViolations(page: Page, options: { runOnly?: string[] }): Promise<void> {
  await loadAxe(page);
  await page.evaluate(STILL);
  const run = `window.axe.run(document, ${JSON.stringify({ ...options, resultTypes: ['violations'] })})`;
  const { violations } = (await page.evaluate(run)) as { violations: Violation[] };
  const found = violations.map(({ id, impact, help, nodes }) => ({
    rule: `${id} (${impact}): ${help}`,
    at: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }));
  assert.deepEqual(found, [], `what axe finds at ${page.url()}`);
}

/** Over the DevTools protocol, to which the page's content security policy does not apply. */
async function loadAxe(page: Page): Promise<void> {
  if (await page.evaluate('Boolean(window.axe)')) return;
  const { source: expression } = createRequire(import.meta.url)('axe-core') as { source: string };
  const session = await page.context().newCDPSession(page);
  const { exceptionDetails } = await session.send('Runtime.evaluate', { expression });
  await session.detach();
  assert.equal(exceptionDetails, undefined, 'axe does not start');
}

interface Violation {
  id: string;
  impact: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

async function openBrowser(): Promise<{ browser: Browser; close(): Promise<void> }> {
  // For everything that the browser leaves behind, except its profile, which playwright removes.
  const folder = await mkdtemp(join(tmpdir(), 'loadstone-browser-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const { env = process.env, ...binary } = await browserBinary();
    const browser = await chromium.launch({
      ...binary,
      env: { ...env, TMPDIR: folder, HOME: folder } as Record<string, string>,
      args: ['--disable-dev-shm-usage', '--disable-gpu', FEW_COMPILATIONS, ...ONE_RENDERER],
    });
    return {
      browser,
      async close() {
        await browser.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw new Error(`The browser does not start. ${BROWSER_ADVICE}`, { cause: error });
  }
}

async function watch(context: BrowserContext, server: { url: string }, problems: string[]): Promise<void> {
  const own = new URL(server.url).host;
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error().stack ?? error.error()}`));
  context.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    const leaves = ['http:', 'https:', 'ws:', 'wss:'].includes(protocol) && host !== own;
    if (leaves) problems.push(`request to another host: ${request.url()}`);
  });
  await context.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('content security policy:', event.violatedDirective, event.blockedURI, event.sourceFile))`);
}
