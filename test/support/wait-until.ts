// Waits for a condition.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** @param within milliseconds, after which the test fails */
export async function waitUntil(
  what: string,
  check: () => Promise<boolean> | boolean,
  within = 30_000,
): Promise<void> {
  const end = Date.now() + within;
  while (!(await check())) {
    if (Date.now() > end) assert.fail(`waited ${within} ms in vain: ${what}`);
    await pause(20);
  }
}
