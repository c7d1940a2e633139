// Helpers for the console tests: files to send, slow connections, and reading the page.

import { setTimeout as pause } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';

export interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** Products `sku-1` to `sku-<rows>`; each row is about `bytes` long. */
export function productFile(name: string, rows: number, bytes = 30): TestFile {
  const description = 'x'.repeat(bytes);
  const lines = Array.from(
    { length: rows },
    (_, index) => `Name ${index % 7},sku-${index + 1},${description}`,
  );
  return csvFile(name, ['name,sku,description', ...lines]);
}

export function csvFile(name: string, lines: string[]): TestFile {
  return { name, mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\n')}\n`) };
}

export async function chooseFiles(page: Page, ...files: TestFile[]): Promise<void> {
  const fileChooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose files' }).click();
  await (await fileChooser).setFiles(files);
}

/** Chooses files and imports them with one more click, however they would be read. */
export async function importFiles(page: Page, ...files: TestFile[]): Promise<void> {
  await chooseFiles(page, ...files);
  const [file] = files;
  await page
    .getByRole('button', { name: files.length === 1 ? `Import ${file?.name}` : 'Import all', exact: true })
    .click();
}

/** The card of an import, by its file name. */
export function cardOf(page: Page, fileName: string): Locator {
  return page.getByRole('article', { name: fileName });
}

export async function ledgerOf(card: Locator): Promise<Record<string, number>> {
  const [names, numbers] = await Promise.all([
    card.locator('dt').allInnerTexts(),
    card.locator('dd').allInnerTexts(),
  ]);
  return Object.fromEntries(
    names.map((name, index) => [name.trim(), Number(numbers[index]?.replaceAll(',', ''))]),
  );
}

/** Throttles uploads of the page. @returns a function that removes the limit */
export async function limitUploads(page: Page, bytesPerSecond: number): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const limit = (uploadThroughput: number) =>
    session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  await limit(bytesPerSecond);
  return async () => {
    await limit(-1);
  };
}

/** Watches a progress bar until it has shown `count` different values between 0 and 100. @returns them in order */
export async function valuesOf(bar: Locator, count: number): Promise<number[]> {
  const values: number[] = [];
  while (values.length < count) {
    const value = Number(await bar.getAttribute('aria-valuenow'));
    if (value > 0 && value < 100 && value !== values.at(-1)) values.push(value);
    await pause(20);
  }
  return values;
}

/** @returns the HTML of elements that overflow the right edge of the window */
export async function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter((element) => getComputedStyle(element).visibility !== 'hidden' && !element.closest('pre, thead'))
    .map((element) => element.outerHTML.slice(0, 120))`);
}
