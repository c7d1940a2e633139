// Detects clients that stop sending, or send too slowly.

import type { LoadstoneError } from '../../errors.ts';
import { LeastRate } from './least-rate.ts';
import { uploadInterrupted, uploadTooSlow } from './upload-errors.ts';
import { DEFAULT_RATE_SECONDS, type UploadLimits } from './upload-limits.ts';

export interface WatchdogOptions {
  limits: UploadLimits;
  /** Whether the server itself is not reading at the moment; such time does not count against the client. */
  isPaused: () => boolean;
  /** Called when the client is idle for too long or too slow. */
  onTimeout: (error: LoadstoneError) => void;
}

export class UploadWatchdog {
  readonly #options: WatchdogOptions;
  readonly #rate: LeastRate;
  readonly #idle: NodeJS.Timeout;
  readonly #eachSecond: NodeJS.Timeout;

  constructor(options: WatchdogOptions) {
    const { uploadMinBytesPerSecond, uploadIdleSeconds, uploadRateSeconds } = options.limits;
    this.#options = options;
    this.#rate = new LeastRate(uploadMinBytesPerSecond, uploadRateSeconds ?? DEFAULT_RATE_SECONDS);
    this.#idle = setTimeout(() => this.#onIdle(), uploadIdleSeconds * 1000);
    this.#eachSecond = setInterval(() => this.#onSecond(), 1000);
  }

  onBytes(count: number): void {
    this.#idle.refresh();
    this.#rate.note(count);
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
    if (!isPaused() && this.#rate.tick()) onTimeout(uploadTooSlow(limits));
  }
}
