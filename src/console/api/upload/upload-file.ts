// Uploads a file in a GraphQL multipart request. The browser streams it from disk.

import { GRAPHQL_PATH } from '../client.ts';
import { graphql, type ResultOf, type VariablesOf } from '../graphql.ts';
import { ImportFields, type ImportState } from '../live/import-state.ts';
import { multipartBody } from './multipart-body.ts';

const ImportProducts = graphql(
  `
    mutation ImportProducts($file: Upload!, $options: ImportOptions!) {
      importProducts(file: $file, options: $options) {
        ...ImportFields
      }
    }
  `,
  [ImportFields],
);

/** Overrides the automatic detection of the file's format. */
export type ImportOptions = Omit<VariablesOf<typeof ImportProducts>['options'], 'id'>;

interface GraphqlResponse {
  data?: ResultOf<typeof ImportProducts> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface UploadRequest {
  /** Generated in the browser, so that the import can be followed from its first byte. */
  id: string;
  file: File;
  options: ImportOptions;
  signal: AbortSignal;
  onSent(bytes: number): void;
}

/** @throws UploadError if the server rejects the file or cannot be reached, or `signal` aborts */
export function uploadFile({ id, file, options, signal, onSent }: UploadRequest): Promise<ImportState> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    // fetch does not report upload progress.
    request.upload.onprogress = ({ loaded }) => onSent(Math.min(loaded, file.size));
    request.onload = () => {
      try {
        resolve(readResponse(request.responseText));
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = () => reject(connectionLost());
    request.onabort = () => reject(new UploadError('CANCELLED', 'The upload was cancelled.'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.open('POST', GRAPHQL_PATH);
    request.setRequestHeader('accept', 'application/json');
    request.send(multipartBody(ImportProducts, { options: { id, ...options } }, file));
  });
}

function readResponse(text: string): ImportState {
  const { data, errors } = parseJson(text);
  const [error] = errors ?? [];
  if (error) throw new UploadError(error.extensions?.code ?? 'INTERNAL', error.message);
  if (!data?.importProducts) throw connectionLost();
  return data.importProducts;
}

function parseJson(text: string): GraphqlResponse {
  try {
    return JSON.parse(text) as GraphqlResponse;
  } catch {
    throw connectionLost();
  }
}

function connectionLost(): UploadError {
  const message =
    'The upload was interrupted: the server could not be reached, or the file changed during the upload. Upload it again.';
  return new UploadError('CONNECTION_LOST', message);
}
