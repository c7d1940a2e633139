// Closes what a test has opened after the test: in reverse order, and all of it even if one close fails.

import type { TestContext } from 'node:test';

const stacks = new WeakMap<TestContext, AsyncDisposableStack>();

/** Runs `release` after the test. The test runner's own `after` hooks run in order, and stop at a failure. */
export function releaseAfter(t: TestContext, release: () => unknown): void {
  let stack = stacks.get(t);
  if (!stack) {
    stack = new AsyncDisposableStack();
    stacks.set(t, stack);
    t.after(() => stack?.disposeAsync());
  }
  stack.defer(async () => {
    await release();
  });
}
