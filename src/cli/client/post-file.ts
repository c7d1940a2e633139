// Posts a file as a GraphQL multipart request. The file is streamed, never held in memory.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export interface OutgoingFile {
  name: string;
  /** In bytes; undefined if unknown. */
  size: number | undefined;
  stream: Readable;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

interface PostOptions {
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>>;
}

/**
 * @param operations the GraphQL request, with null in place of the file
 * @param path of that null, such as `variables.file`
 * @throws connection errors, errors of the file's stream, AbortError
 */
export async function postFile(
  url: string,
  operations: object,
  path: string,
  file: OutgoingFile,
  { signal, headers = {} }: PostOptions = {},
): Promise<HttpAnswer> {
  const boundary = `----loadstone-${randomUUID()}`;
  const before = Buffer.from(
    field(boundary, 'operations', JSON.stringify(operations)) +
      field(boundary, 'map', JSON.stringify({ 0: [path] })) +
      `--${boundary}\r\nContent-Disposition: form-data; name="0"; filename="${quoteName(file.name)}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* body() {
    yield before;
    yield* file.stream;
    yield after;
  }
  const length =
    file.size === undefined ? {} : { 'content-length': before.length + file.size + after.length };
  const type = `multipart/form-data; boundary=${boundary}`;

  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': type, accept: 'application/json', ...length },
    // A new connection: an idle one may be closed by now, and a file stream cannot be sent again.
    agent: false,
    ...(signal && { signal }),
  });
  // A server may respond before it has the whole file. Its response counts, even if sending fails.
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  const sent = pipeline(body, request).catch((error: Error) => void request.destroy(error));
  try {
    const [response] = await answered;
    return { status: response.statusCode ?? 0, body: await text(response) };
  } finally {
    request.destroy();
    file.stream.destroy();
    await sent;
  }
}

function field(boundary: string, name: string, value: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

/** Escapes a file name as browsers do. */
function quoteName(fileName: string): string {
  return fileName.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
