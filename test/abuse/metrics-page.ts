// What a server says about itself at /metrics.

import { CommandError } from '../../src/cli/run-command.ts';

export class MetricsPage {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  /** @throws CommandError if it cannot be read */
  static async read(url: string, token: string | undefined): Promise<MetricsPage> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // A connection of its own, so that none is left for the next count of connections.
    const response = await fetch(`${url}/metrics`, { headers: { ...headers, connection: 'close' } });
    const text = await response.text();
    if (response.ok) return new MetricsPage(text);
    const advice = 'It needs a token with the role reader, and a server without METRICS_PORT.';
    throw new CommandError(`${url}/metrics was answered with status ${response.status}. ${advice}`);
  }

  /** The sum over all labels, or over those series that have this one, such as `state="busy"`. */
  sum(name: string, label = ''): number {
    const values = this.#lines
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => line.includes(label))
      .map((line) => Number(line.slice(line.lastIndexOf(' '))));
    return values.reduce((sum, value) => sum + value, 0);
  }
}
