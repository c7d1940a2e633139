// The free space of the disk of DATA_DIR, and what uploads, inspections and fetches have reserved of it. An upload that does
// not fit is rejected before it is read: a full disk would also stop the database that shares it.

import { statfs } from 'node:fs/promises';
import { LoadstoneError } from '../../errors.ts';

const MIB = 1024 * 1024;

/** Space that one upload has reserved. */
export interface Reservation {
  /** Bytes that are reserved and not written yet. */
  readonly outstandingBytes: number;
}

export class DiskSpace {
  readonly #folder: string;
  readonly #reserveBytes: number;
  readonly #reservations = new Set<Reservation>();
  #reserving: Promise<void> = Promise.resolve();

  /**
   * @param folder on the disk
   * @param reserveBytes that uploads leave free
   */
  constructor(folder: string, reserveBytes: number) {
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
  }

  /** Has a reservation count until it is removed. */
  add(reservation: Reservation): void {
    this.#reservations.add(reservation);
  }

  remove(reservation: Reservation): void {
    this.#reservations.delete(reservation);
  }

  /**
   * Reserves space for an upload. One reservation at a time, so that no two get the same space.
   *
   * @param onReserved makes the reservation count
   * @throws LoadstoneError SPOOL_FULL
   */
  async reserve(bytes: number, onReserved: () => void): Promise<void> {
    const reserving = this.#reserving.then(async () => {
      await this.#require(bytes, this.#outstandingBytes());
      onReserved();
    });
    this.#reserving = reserving.catch(() => {});
    await reserving;
  }

  /**
   * Checks that an upload may go on. Beyond its reservation it must not take the space that others have reserved.
   *
   * @throws LoadstoneError SPOOL_FULL
   */
  async recheck(upload: Reservation): Promise<void> {
    await this.#require(0, upload.outstandingBytes > 0 ? 0 : this.#outstandingBytes());
  }

  /** What further uploads may take; infinite if the file system does not report it. */
  async room(): Promise<number> {
    return (await freeBytes(this.#folder)) - this.#outstandingBytes() - this.#reserveBytes;
  }

  #outstandingBytes(): number {
    return [...this.#reservations].reduce((sum, { outstandingBytes }) => sum + outstandingBytes, 0);
  }

  async #require(bytes: number, reservedBytes: number): Promise<void> {
    const free = await freeBytes(this.#folder);
    if (bytes + reservedBytes + this.#reserveBytes > free) {
      throw insufficientSpace(bytes, reservedBytes, this.#reserveBytes, free);
    }
  }
}

/** For processes without special privileges; infinite if the file system does not report it. */
async function freeBytes(folder: string): Promise<number> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk && disk.blocks > 0 ? disk.bavail * disk.bsize : Number.POSITIVE_INFINITY;
}

function insufficientSpace(bytes: number, reserved: number, reserve: number, free: number): LoadstoneError {
  const needed = [
    [bytes, 'for this file'],
    [reserved, 'for other uploads in progress'],
    [reserve, 'to be left free (SPOOL_RESERVE_BYTES)'],
  ] as const;
  const parts = needed.filter(([part]) => part > 0).map(([part, purpose]) => `${mebibytes(part)} ${purpose}`);
  const message =
    `The disk of the server has too little space for the upload: it needs ${parts.join(' and ')}, and ` +
    `${Math.floor(free / MIB)} MiB are free. Free some space, or set DATA_DIR to a larger disk, and send the file ` +
    'again.';
  return new LoadstoneError('SPOOL_FULL', message);
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}
