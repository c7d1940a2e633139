export interface UploadLimits {
  maxUploadBytes: number;
  /** How long a client may send nothing while the server is ready to read. */
  uploadIdleSeconds: number;
  /** A client that sends more slowly is disconnected. 0: no limit. */
  uploadMinBytesPerSecond: number;
  /** The window over which the rate is measured. Default: 30. */
  uploadRateSeconds?: number;
}

export const DEFAULT_RATE_SECONDS = 30;
