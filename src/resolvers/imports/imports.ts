// Imports: starting one, and their pages.

import type { Readable } from 'node:stream';
import { z } from 'zod';
import { authorOf } from '../../access/identity.ts';
import type { ImportPlace } from '../../db/imports/import-list.ts';
import type { ImportRecord, ImportStatus } from '../../db/imports/import-record.ts';
import type { FileInspection } from '../../ingest/inspect-file.ts';
import { badInput, checkId } from '../bad-input.ts';
import type { Context } from '../context.ts';
import { cursorsOf } from '../cursor.ts';
import { inOrder } from '../in-order.ts';
import { type CountedConnection, connectionOf, type PageArgs, pageOf, windowOf } from '../pagination.ts';
import { type ImportOptionsInput, importOptions } from './import-options.ts';

/** A file of the request, under the name that the client gave it. It may not have arrived yet. */
export interface FileUpload {
  filename: string;
  /** To be called once. */
  createReadStream(): Readable;
  /** Bytes of the whole request, an upper bound of the file's size; undefined if the request did not declare it. */
  sizeHint?: number | undefined;
}

interface UploadArgs {
  file: Promise<FileUpload>;
  options?: ImportOptionsInput | null | undefined;
}

export interface ImportFilterInput {
  status?: ImportStatus | null | undefined;
  sourceId?: string | null | undefined;
  corrects?: string | null | undefined;
  isCorrection?: boolean | null | undefined;
}

const newestFirst = cursorsOf('newest', z.tuple([z.iso.datetime(), z.guid()]));

export async function importProducts({ file, options }: UploadArgs, context: Context): Promise<ImportRecord> {
  const checked = await importOptions(options, context);
  const upload = await arriving(file);
  const { filename, sizeHint } = upload;
  return context.services.imports.receive(
    {
      fileName: filename,
      sizeHint,
      stream: upload.createReadStream(),
      sender: authorOf(context.identity),
    },
    checked,
  );
}

/** Also where a file is only inspected, options that are wrong for an import are refused. */
export async function inspectFile({ file, options }: UploadArgs, context: Context): Promise<FileInspection> {
  const checked = await importOptions(options, context);
  const upload = await arriving(file);
  return context.services.inspectFile(
    { stream: upload.createReadStream(), sizeHint: upload.sizeHint },
    checked,
  );
}

export async function imports(
  args: PageArgs & { filter?: ImportFilterInput | null | undefined },
  { services }: Context,
): Promise<CountedConnection<ImportRecord>> {
  const window = windowOf(args, newestFirst);
  const { status, sourceId, corrects, isCorrection } = args.filter ?? {};
  const filter = {
    status: status ?? undefined,
    sourceId: sourceId ? checkId('sourceId', sourceId) : undefined,
    corrects: corrects ? checkId('corrects', corrects) : undefined,
    isCorrection: isCorrection ?? undefined,
  };
  const { limit, backwards, after, before } = window;
  const found = await services.importList.page({
    first: limit + 1,
    backwards,
    after: after && placeOf(after),
    before: before && placeOf(before),
    ...filter,
  });
  return {
    ...connectionOf(pageOf(found, window), ({ createdAt, id }) =>
      newestFirst.encode([createdAt.toISOString(), id]),
    ),
    totalCount: () => services.importList.count(filter),
  };
}

/** In the order of the ids; null for an import that does not exist. */
export async function importsByIds(
  ids: readonly string[],
  { services }: Context,
): Promise<(ImportRecord | null)[]> {
  const found = await services.importStore.getMany([...ids]);
  return inOrder(ids, found, ({ id }) => id);
}

/** The undo of each import, in the order of the ids; null for one that has none. */
export async function undosByIds(
  ids: readonly string[],
  { services }: Context,
): Promise<(ImportRecord | null)[]> {
  const found = await services.importStore.undosOf(ids);
  return inOrder(ids, found, ({ undoes }) => undoes);
}

async function arriving(file: Promise<FileUpload>): Promise<FileUpload> {
  const upload: FileUpload | null | undefined = await file;
  if (!upload)
    throw badInput('`file` is missing. Send the file in a GraphQL multipart request.', 'file', 'REQUIRED');
  return upload;
}

function placeOf([createdAt, id]: [string, string]): ImportPlace {
  return { createdAt: new Date(createdAt), id };
}
