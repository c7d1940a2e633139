// Asks the server what a file is and how it would be read. Sends no more of the file than the server needs for that.

import { GRAPHQL_PATH } from '../client.ts';
import { graphql, type ResultOf } from '../graphql.ts';
import { multipartBody } from './multipart-body.ts';
import type { ImportOptions } from './upload-file.ts';

const InspectFile = graphql(`
  mutation InspectFile($file: Upload!, $options: ImportOptions) {
    inspectFile(file: $file, options: $options) {
      format
      encoding
      delimiter
      columns
      suggestedMapping {
        column
        field
        isGuessed
      }
      keptColumns
      error {
        code
        message
      }
      rows {
        line
        values
        issue {
          code
          message
        }
      }
      warnings {
        code
        message
        line
      }
    }
  }
`);

export type Inspection = NonNullable<ResultOf<typeof InspectFile>['inspectFile']>;

interface GraphqlResponse {
  data?: ResultOf<typeof InspectFile> | null;
  errors?: { message: string; extensions?: { code?: string; sheets?: string[] } }[];
}

export class InspectionError extends Error {
  override readonly name = 'InspectionError';
  readonly code: string;
  /** The sheets of a workbook, if one has to be chosen. */
  readonly sheets: readonly string[];

  constructor(code: string, message: string, sheets: readonly string[] = []) {
    super(message);
    this.code = code;
    this.sheets = sheets;
  }
}

/** How many rows the server returns, if the file has as many. */
const ROWS = 20;
/** Enough for most files, and sent in no time. */
const FIRST_BYTES = 256 * 1024;
/** More than the server reads of a file in search of a header and rows. */
const MOST_BYTES = 17 * 1024 * 1024;
/** How an archive with its directory at the end begins: a zip, a workbook, or a program that unpacks itself. */
const WHOLE_ONLY = /^\s*(PK|MZ)/;

/** Whether the server needs the whole file to look into it. */
export async function needsWholeFile(file: Blob): Promise<boolean> {
  return WHOLE_ONLY.test(await file.slice(0, 64).text());
}

/** @throws InspectionError if the server cannot read the file or cannot be reached; the reason of `signal`, if it aborts */
export async function inspectFile(
  file: File,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Inspection> {
  const sizes = (await needsWholeFile(file)) ? [file.size] : [FIRST_BYTES, MOST_BYTES];
  for (const size of sizes) {
    const isWhole = size >= file.size;
    const isLast = isWhole || size === sizes.at(-1);
    try {
      const found = await send(file, isWhole ? file : file.slice(0, size), options, signal);
      if (isLast || found.rows.length >= ROWS) return isWhole ? found : withoutCutRow(found);
    } catch (error) {
      // What is wrong may only be that the rest is missing.
      if (isLast || signal.aborted) throw error;
    }
  }
  throw new InspectionError('EMPTY_FILE', 'The file is empty.');
}

/** The last row may be rejected only because its end was not sent. */
function withoutCutRow(found: Inspection): Inspection {
  return found.rows.at(-1)?.issue ? { ...found, rows: found.rows.slice(0, -1) } : found;
}

async function send(
  { name }: File,
  content: Blob,
  options: ImportOptions,
  signal: AbortSignal,
): Promise<Inspection> {
  const body = multipartBody(InspectFile, { options }, content, name);
  const request = { method: 'POST', headers: { accept: 'application/json' }, body, signal };
  const response = await fetch(GRAPHQL_PATH, request)
    .then((answer) => answer.json() as Promise<GraphqlResponse>)
    .catch((error: unknown) => {
      throw signal.aborted ? error : unreachable();
    });
  const [error] = response.errors ?? [];
  if (error) {
    const { code = 'INTERNAL', sheets } = error.extensions ?? {};
    throw new InspectionError(code, error.message, sheets);
  }
  if (!response.data?.inspectFile) throw unreachable();
  return response.data.inspectFile;
}

function unreachable(): InspectionError {
  const message =
    'The server could not be reached, or the file has been changed or moved since you chose it.';
  return new InspectionError('CONNECTION_LOST', message);
}
