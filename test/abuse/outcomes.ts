// How the requests of an attack were answered.

export class Outcomes {
  sent = 0;
  readonly #counts = new Map<string, number>();

  /** Counts a request, and how it was answered once that is known. */
  async count(answer: Promise<string>): Promise<string> {
    this.sent++;
    const outcome = await answer;
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    return outcome;
  }

  /** The most frequent first. */
  get counts(): [outcome: string, times: number][] {
    return [...this.#counts].sort(([, a], [, b]) => b - a);
  }
}
