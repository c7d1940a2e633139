// Asks before unsaved edits are lost: on links, on the browser's Back and Forward, and when an editor is closed.

export interface Edits {
  /** Names of query parameters whose change loses the edits too. A change of the path always does. */
  parameters: readonly string[];
}

export interface NavigateOptions {
  replace?: boolean;
  state?: object | null;
}

type Navigate = (to: string, options?: NavigateOptions) => void;
type Leave = () => void;

/**
 * One per tab. Browsers cannot stop Back and Forward. The guard returns to the entry of the history that the user was on,
 * of which the pages notice nothing, and asks there. Each entry has its position in its state, so that the guard knows how
 * far the user went.
 */
export class LeaveGuard {
  readonly #listeners = new Set<() => void>();
  readonly #edits = new Map<symbol, Edits>();
  /** The entry of the history that the pages show. */
  #position: number;
  #shown: URL;
  /** How far the user went, while the guard returns to that entry. */
  #returningFrom: number | undefined;
  /** What the user is asked to confirm. */
  #pending: Leave | undefined;
  /** Whether the user has agreed to what happens now, or to which entry of the history to go. */
  #isAgreed = false;
  #agreedPosition: number | undefined;

  constructor() {
    this.#position = positionIn(history.state) ?? 0;
    this.#shown = new URL(location.href);
    this.#label(this.#position);
    // In the capture phase, before the listeners of the pages.
    window.addEventListener('popstate', (event) => this.#onPopState(event), { capture: true });
    // Events of the router, once the address has changed.
    window.addEventListener('pushState', () => this.#accept(this.#position + 1), { capture: true });
    window.addEventListener('replaceState', () => this.#accept(this.#position), { capture: true });
  }

  /** What the pages show. While the guard returns, the browser's own location is another. */
  get shown(): { pathname: string; search: string } {
    return this.#returningFrom === undefined ? location : this.#shown;
  }

  get hasEdits(): boolean {
    return this.#edits.size > 0;
  }

  get isAsking(): boolean {
    return this.#pending !== undefined;
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns a function to call once these edits are saved or gone */
  protect(edits: Edits): () => void {
    const key = Symbol('edits');
    this.#edits.set(key, edits);
    this.#notify();
    return () => {
      if (this.#edits.delete(key)) this.#notify();
    };
  }

  /** Closes something: at once if nothing is unsaved, otherwise when the user has agreed. */
  leave(leave: Leave): void {
    if (this.hasEdits) this.#ask(leave);
    else leave();
  }

  /** Opens another address, as the router's `navigate` does. */
  navigate(navigate: Navigate, to: string, options: NavigateOptions = {}): void {
    const open = () => {
      const position = this.#position + (options.replace ? 0 : 1);
      navigate(to, { ...options, state: { ...options.state, position } });
    };
    if (this.#loses(new URL(to, location.href))) this.#ask(open);
    else open();
  }

  answer(isAgreed: boolean): void {
    const leave = this.#pending;
    this.#pending = undefined;
    this.#notify();
    if (!isAgreed || !leave) return;
    this.#isAgreed = true;
    leave();
    this.#isAgreed = false;
  }

  #ask(leave: Leave): void {
    this.#pending = leave;
    this.#notify();
  }

  #loses(next: URL): boolean {
    if (this.#isAgreed) return false;
    const { pathname, searchParams } = this.#shown;
    return [...this.#edits.values()].some(
      ({ parameters }) =>
        next.pathname !== pathname ||
        parameters.some((name) => next.searchParams.get(name) !== searchParams.get(name)),
    );
  }

  #onPopState(event: PopStateEvent): void {
    const position = positionIn(history.state);
    if (this.#returningFrom !== undefined) {
      event.stopImmediatePropagation();
      if (position === this.#position) this.#hasReturned(this.#returningFrom);
      else history.go(this.#position - (position ?? this.#position + 1));
    } else if (
      position !== undefined &&
      position !== this.#agreedPosition &&
      this.#loses(new URL(location.href))
    ) {
      event.stopImmediatePropagation();
      this.#returningFrom = position - this.#position;
      history.go(-this.#returningFrom);
    } else {
      // Without a position, it is a new entry: the user followed a link to a part of the page.
      this.#accept(this.#position + 1);
    }
  }

  #hasReturned(distance: number): void {
    this.#returningFrom = undefined;
    this.#ask(() => {
      this.#agreedPosition = this.#position + distance;
      history.go(distance);
    });
  }

  #accept(otherwise: number): void {
    const position = positionIn(history.state);
    this.#position = position ?? otherwise;
    this.#agreedPosition = undefined;
    this.#shown = new URL(location.href);
    if (position === undefined) this.#label(otherwise);
  }

  #label(position: number): void {
    history.replaceState({ ...history.state, position }, '');
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function positionIn(state: unknown): number | undefined {
  const { position } = (state ?? {}) as { position?: unknown };
  return typeof position === 'number' ? position : undefined;
}
