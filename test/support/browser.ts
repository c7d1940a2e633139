// A real browser for the tests of a file, and a page of it for a test, which fails when anything goes wrong in it.

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
import { BROWSER_ADVICE, browserBinary } from './browser-binary.ts';
import { releaseAfter } from './release.ts';

export interface PageOptions extends BrowserContextOptions {
  /** Problems that the test brings about on purpose, such as lost connections of a server that is stopped. */
  expected?: RegExp[];
}

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** How long the page may take for what is asked of it: generous, for machines that are busy. */
const WITHIN_MS = 20_000;

let opened: Promise<{ browser: Browser; close(): Promise<void> }> | undefined;

after(async () => (await opened?.catch(() => undefined))?.close());

/**
 * Opens an empty page whose addresses begin at the server: `page.goto('/products')`. The test fails if the page logs an
 * error, throws one, breaks its content security policy, or asks another host for anything.
 *
 * @param server where the page's paths lead, and the only host it may speak to
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

/** A second page beside the first, as another tab of the same visitor. */
export async function openTab(page: Page): Promise<Page> {
  return page.context().newPage();
}

/** Resolves when what fades in or out has done so: until then its colours are none that anyone is to read. */
const STILL = `(async () => {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  const ending = document.getAnimations().filter((each) => each.effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(ending.map(({ finished }) => finished));
})()`;

/** Fails with what axe finds wrong with the page for people who use it by keyboard or with a screen reader. */
export async function expectAccessible(page: Page): Promise<void> {
  const { source } = createRequire(import.meta.url)('axe-core') as { source: string };
  // Over the browser's own wire, where the page's content security policy does not apply.
  await page.evaluate(`window.axe ?? (() => { ${source} })()`);
  await page.evaluate(STILL);
  const { violations } = (await page.evaluate(
    'window.axe.run(document, { resultTypes: ["violations"] })',
  )) as {
    violations: Violation[];
  };
  const found = violations.map(({ id, impact, help, nodes }) => ({
    rule: `${id} (${impact}): ${help}`,
    at: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  }));
  assert.deepEqual(found, [], `what axe finds at ${page.url()}`);
}

interface Violation {
  id: string;
  impact: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

async function openBrowser(): Promise<{ browser: Browser; close(): Promise<void> }> {
  // For all that the browser leaves lying about; its profile is in a folder that playwright removes.
  const folder = await mkdtemp(join(tmpdir(), 'loadstone-browser-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const { env = process.env, ...binary } = await browserBinary();
    const browser = await chromium.launch({
      ...binary,
      env: { ...env, TMPDIR: folder, HOME: folder } as Record<string, string>,
      args: ['--disable-dev-shm-usage', '--disable-gpu'],
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
