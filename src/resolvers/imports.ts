// Imports: starting, watching, cancelling and listing them.

import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { ImportPlace, ImportRecord, ImportStatus } from '../db/imports/import-store.ts';
import { badInput, checkId } from './bad-input.ts';
import { type Connection, connectionOf, type PageArgs, pageOf, windowOf } from './connection.ts';
import type { Context } from './context.ts';
import { cursorsOf } from './cursor.ts';
import { type ImportOptionsInput, readImportOptions } from './import-options.ts';

/** A file of the request, as its sender named it; it may not have arrived yet. */
export interface Upload {
  filename: string;
  /** To be called once. */
  createReadStream(): Readable;
  /** Bytes of the whole request, when it said so: the file is no larger. */
  sizeHint?: number | undefined;
}

export interface ImportFilterInput {
  status?: ImportStatus | null | undefined;
  sourceId?: string | null | undefined;
}

const newestFirst = cursorsOf('newest', z.tuple([z.iso.datetime(), z.guid()]));

export async function importProducts(
  { file, options }: { file: Promise<Upload>; options?: ImportOptionsInput | null | undefined },
  { services }: Context,
): Promise<ImportRecord> {
  const checked = readImportOptions(options);
  const upload: Upload | null | undefined = await file;
  if (!upload) throw badInput('`file` is missing: send the file in a GraphQL multipart request.');
  const { filename, sizeHint } = upload;
  return services.imports.receive(
    { fileName: filename, sizeHint, stream: upload.createReadStream() },
    checked,
  );
}

export function cancelImport({ id }: { id: string }, { services }: Context): Promise<ImportRecord> {
  return services.imports.cancel(checkId('id', id));
}

export function retryImport({ id }: { id: string }, { services }: Context): Promise<ImportRecord> {
  return services.imports.retry(checkId('id', id));
}

export async function importById(
  { id }: { id: string },
  { services }: Context,
): Promise<ImportRecord | null> {
  return (await services.importStore.get(checkId('id', id))) ?? null;
}

export async function imports(
  args: PageArgs & { filter?: ImportFilterInput | null | undefined },
  { services }: Context,
): Promise<Connection<ImportRecord>> {
  const window = windowOf(args, newestFirst);
  const { status, sourceId } = args.filter ?? {};
  const { limit, backwards, after, before } = window;
  const found = await services.importStore.list({
    first: limit + 1,
    backwards,
    after: after && placeOf(after),
    before: before && placeOf(before),
    status: status ?? undefined,
    sourceId: sourceId ? checkId('sourceId', sourceId) : undefined,
  });
  return connectionOf(pageOf(found, window), ({ createdAt, id }) =>
    newestFirst.encode([createdAt.toISOString(), id]),
  );
}

function placeOf([createdAt, id]: [string, string]): ImportPlace {
  return { createdAt: new Date(createdAt), id };
}

/** The current state, then each newer one; what is returned ends with the client's `return()` or the final state. */
export function importProgress(
  { id }: { id?: string | null | undefined },
  { services, signal }: Context,
): AsyncIterable<ImportRecord> {
  return services.progress.subscribe(id ? checkId('id', id) : undefined, signal);
}
