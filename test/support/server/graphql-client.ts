// A client of a test server: queries, uploads and subscriptions over HTTP, like any other client.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { createClient } from 'graphql-sse';
import { IMPORT_FIELDS } from '../../../src/cli/client/documents.ts';
import type { ImportOptions, ImportState } from '../../../src/cli/client/loadstone-client.ts';
import { postFile } from '../../../src/cli/client/post-file.ts';

type Variables = Record<string, unknown>;

interface Extensions {
  code?: string;
  field?: string;
  fields?: { field: string; code: string; message: string }[];
  product?: Record<string, unknown>;
}

/** The response of the server, with the request. */
export interface Answer<Data> {
  status: number;
  data: Data | null | undefined;
  errors: { message: string; path?: (string | number)[]; extensions?: Extensions }[] | undefined;
  question: { document: string; variables: Variables };
}

/** The content of a file. A stream is sent as it arrives, without a length unless one is given. */
export type Content = string | Buffer | Readable | { stream: Readable; size: number };

const IMPORT_PRODUCTS = `mutation ($file: Upload!, $options: ImportOptions) {
  importProducts(file: $file, options: $options) { ${IMPORT_FIELDS} }
}`;

const IMPORT_PROGRESS = `subscription ($id: ID) { importProgress(id: $id) { ${IMPORT_FIELDS} } }`;

/** @param url of the server, without /graphql */
export async function query<Data = Record<string, unknown>>(
  url: string,
  document: string,
  variables: Variables = {},
  headers: Record<string, string> = {},
): Promise<Answer<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: document, variables }),
  });
  const answer = { status: response.status, body: await response.text() };
  return readAnswer<Data>(answer, { document, variables });
}

/** Returns the data. If there are errors, fails with the request and the response. */
export function expectNoErrors<Data>(answer: Answer<Data>): Data {
  const { question, ...response } = answer;
  const dump = `${question.document}\n${JSON.stringify(question.variables)}\n${JSON.stringify(response, null, 2)}`;
  if (answer.errors || !answer.data) assert.fail(`The server answered with errors:\n${dump}`);
  return answer.data;
}

/**
 * Sends a file through importProducts. Resolves when the server has received it.
 *
 * @param signal disconnects the client
 */
export async function upload(
  url: string,
  fileName: string,
  content: Content,
  options?: ImportOptions,
  signal?: AbortSignal,
): Promise<Answer<{ importProducts: ImportState }>> {
  const variables = { file: null, options };
  const answer = await postFile(
    `${url}/graphql`,
    { query: IMPORT_PRODUCTS, variables },
    'variables.file',
    { name: fileName, ...streamOf(content) },
    { signal },
  );
  return readAnswer(answer, { document: IMPORT_PRODUCTS, variables: { ...variables, file: fileName } });
}

/** The states of one import, or of all, until it has ended or the reader stops. */
export async function* watchProgress(url: string, id?: string): AsyncGenerator<ImportState> {
  const client = createClient({ url: `${url}/graphql`, retryAttempts: 0 });
  try {
    const variables = { id };
    for await (const { data, errors } of client.iterate<{ importProgress: ImportState }>({
      query: IMPORT_PROGRESS,
      variables,
    })) {
      if (errors || !data) assert.fail(`The subscription failed: ${JSON.stringify(errors)}`);
      yield data.importProgress;
    }
  } finally {
    client.dispose();
  }
}

/** Uploads the file, waits until its import has ended, and returns its final state, completed or not. */
export async function importAndWait(
  url: string,
  content: Content,
  options?: ImportOptions & { fileName?: string },
): Promise<ImportState> {
  const { fileName = 'products.csv', ...rest } = options ?? {};
  const received = expectNoErrors(await upload(url, fileName, content, rest));
  let last = received.importProducts;
  for await (const state of watchProgress(url, last.id)) last = state;
  return last;
}

function streamOf(content: Content): { stream: Readable; size: number | undefined } {
  if (content instanceof Readable) return { stream: content, size: undefined };
  if (typeof content === 'object' && 'stream' in content) return content;
  return { stream: Readable.from([Buffer.from(content)]), size: Buffer.byteLength(content) };
}

function readAnswer<Data>(
  { status, body }: { status: number; body: string },
  question: Answer<Data>['question'],
): Answer<Data> {
  try {
    const { data, errors } = JSON.parse(body) as Pick<Answer<Data>, 'data' | 'errors'>;
    return { status, data, errors, question };
  } catch {
    assert.fail(`The server answered ${status} with no JSON:\n${body}`);
  }
}
