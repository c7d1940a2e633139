// Server settings of the embedded Postgres, for bulk loading. Passed as arguments at each start, so that existing clusters
// get improved settings too.
//
// fsync, full_page_writes, synchronous_commit and autovacuum stay on: committed data survives a power failure.
// wal_compression stays off: the binaries have no LZ4, and pglz costs more than it saves.

import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';

export interface Machine {
  memoryBytes: number;
  /** Free space on the disk of the data folder. */
  diskBytes: number;
  /** Size of /dev/shm; undefined if there is none. */
  sharedMemoryBytes: number | undefined;
}

const MB = 2 ** 20;
const GB = 2 ** 30;

export function tuning(machine: Machine): Record<string, string> {
  const { memoryBytes, diskBytes, sharedMemoryBytes } = machine;
  const walBytes = clamp(diskBytes / 4, GB, 8 * GB);
  return {
    // Memory. The planner assumes that half of it is the OS file cache.
    shared_buffers: megabytes(clamp(memoryBytes / 4, 256 * MB, 2 * GB)),
    effective_cache_size: megabytes(Math.max(memoryBytes / 2, 256 * MB)),
    work_mem: '64MB', // for queries; a merge sets its own
    maintenance_work_mem: '512MB', // building indexes, vacuuming
    huge_pages: 'try',

    // Write-ahead log. There is no replication, so crash recovery is all that it is needed for.
    wal_level: 'minimal',
    max_wal_senders: '0', // required by minimal
    max_wal_size: megabytes(walBytes), // no checkpoint during an import
    min_wal_size: megabytes(walBytes / 8), // recycle log files instead of creating new ones
    checkpoint_timeout: '15min',
    checkpoint_completion_target: '0.9',

    // Planning.
    random_page_cost: '1.1', // solid-state disks
    jit: 'off', // compiling costs more than it saves in statements that take milliseconds

    // For the lanes and pools of several server processes.
    max_connections: '200',

    // Containers often have a /dev/shm of 64 MB, which is too small for parallel queries.
    dynamic_shared_memory_type: (sharedMemoryBytes ?? GB) < GB ? 'mmap' : 'posix',

    scram_iterations: '4096', // for passwords other than the random one, which cluster.ts makes

    timezone: 'UTC',
    log_timezone: 'UTC',
  };
}

/** Respects the memory limit of a container. */
export async function measureMachine(dataDir: string): Promise<Machine> {
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const disk = await statfs(dataDir);
  const shared = await statfs('/dev/shm').catch(() => undefined);
  return {
    memoryBytes: Math.min(totalmem(), limit),
    diskBytes: disk.bavail * disk.bsize,
    sharedMemoryBytes: shared && shared.blocks * shared.bsize,
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MB)}MB`;
}
