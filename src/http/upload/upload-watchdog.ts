// Detects clients that stop sending, or send too slowly.

import type { LoadstoneError } from '../../errors.ts';
import { MinimumRate } from '../../ingest/minimum-rate.ts';
import { uploadInterrupted, uploadTooSlow } from './upload-errors.ts';
import { DEFAULT_RATE_SECONDS, type UploadLimits } from './upload-limits.ts';

export interface WatchdogOptions {
  limits: UploadLimits;
  /** Whether the server itself is not reading at the moment; such time does not count against the client. */
  isPaused: () => boolean;
  /** Called when the client is idle for too long or too slow. */
  onTimeout: (error: LoadstoneError) => void;
}

const SECOND_MS = 1000;

export class UploadWatchdog {
  readonly #options: WatchdogOptions;
  readonly #rate: MinimumRate;
  readonly #idle: NodeJS.Timeout;
  readonly #eachSecond: NodeJS.Timeout;

  constructor(options: WatchdogOptions) {
    const { uploadMinBytesPerSecond, uploadIdleSeconds, uploadRateSeconds } = options.limits;
    this.#options = options;
    const windowSeconds = uploadRateSeconds ?? DEFAULT_RATE_SECONDS;
    this.#rate = new MinimumRate(uploadMinBytesPerSecond, windowSeconds * SECOND_MS);
    this.#idle = setTimeout(() => this.#onIdle(), uploadIdleSeconds * 1000);
    this.#eachSecond = setInterval(() => this.#onSecond(), SECOND_MS);
  }

  onBytes(count: number): void {
    this.#idle.refresh();
    this.#rate.add(count, 0);
  }

  stop(): void {
    clearTimeout(this.#idle);
    clearInterval(this.#eachSecond);
  }

  #onIdle(): void {
    const { isPaused, limits, onTimeout } = this.#options;
    if (isPaused()) return void this.#idle.refresh();
    onTimeout(
      uploadInterrupted(
        `The upload stood still for ${limits.uploadIdleSeconds} s and was cut. Upload the file again.`,
      ),
    );
  }

  #onSecond(): void {
    const { isPaused, limits, onTimeout } = this.#options;
    if (isPaused()) return;
    if (this.#rate.add(0, SECOND_MS) !== undefined) onTimeout(uploadTooSlow(limits));
  }
}
