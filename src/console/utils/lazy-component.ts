// Components whose code is loaded when they are first shown.

import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

/** The code of a component did not load: the server is away, or has another version of the console by now. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

/** Throws a LoadError while rendering if the code does not load. */
export function lazyComponent<Props>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(() =>
    load().catch((cause: unknown) => {
      throw new LoadError('The code of this page did not load.', { cause });
    }),
  );
}
