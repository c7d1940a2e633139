// The thread of a lane: handles requests from the main thread in order.

import { parentPort } from 'node:worker_threads';
import { closePool, openPool, type Pool } from '../../db/postgres/connection/pool.ts';
import { BlockLoader } from './block-loader.ts';
import type { LaneFailure, LaneMessage, LaneReply, LaneRequest, LaneWork } from './messages.ts';
import { giveWay } from './thread-priority.ts';

function serve(): void {
  const port = parentPort;
  if (!port) throw new Error('lane-worker runs as a worker thread');
  let sql: Pool | undefined;
  let loader: BlockLoader | undefined;
  let work: LaneWork = noWork();
  let queue: Promise<void> = Promise.resolve();
  const send = (message: LaneMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  async function handle(request: LaneRequest): Promise<LaneReply> {
    if (request.type === 'open') {
      work = noWork();
      const { databaseUrl, applicationName } = request.task;
      sql = openPool(databaseUrl, { max: 1, applicationName });
      loader = new BlockLoader(sql, request.task, (rows) => send({ type: 'rows', ...rows }));
      return { type: 'opened' };
    }
    if (!loader || !sql) throw new Error('a lane must be opened before use');
    if (request.type === 'block') {
      const begun = performance.now();
      const rows = await loader.load(request);
      work.busyMs += performance.now() - begun;
      work.blocks++;
      return { type: 'loaded', ...rows, buffer: request.bytes.buffer };
    }
    const begun = performance.now();
    const staged = await loader.finish();
    await closePool(sql);
    work.busyMs += performance.now() - begun;
    [sql, loader] = [undefined, undefined];
    return { type: 'finished', staged, work: { ...work, end: Date.now() } };
  }

  port.on('message', (request: LaneRequest) => {
    queue = queue
      .then(() => handle(request))
      .catch((error): LaneReply => ({ type: 'failed', error: serializeError(error) }))
      .then((reply) => {
        send(reply, reply.type === 'loaded' ? [reply.buffer] : []);
        if (reply.type === 'failed') port.close();
      });
  });
}

function noWork(): LaneWork {
  return { start: Date.now(), end: 0, busyMs: 0, blocks: 0 };
}

function serializeError(error: unknown): LaneFailure {
  if (!(error instanceof Error)) return { message: String(error), code: undefined, stack: undefined };
  const code = 'code' in error ? String(error.code) : undefined;
  return { message: error.message, code, stack: error.stack };
}

giveWay();
serve();
