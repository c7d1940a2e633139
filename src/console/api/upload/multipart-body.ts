import { stringifyDocument, type TypedDocumentNode } from 'urql';

/**
 * A GraphQL multipart request with one file.
 *
 * @param document has the variable `file`
 * @param name of the file, if its content is a part of it
 */
export function multipartBody<Data, Variables extends { file: File }>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'file'>,
  file: Blob,
  name = file instanceof File ? file.name : '',
): FormData {
  const query = stringifyDocument(document);
  const body = new FormData();
  body.set('operations', JSON.stringify({ query, variables: { ...variables, file: null } }));
  body.set('map', JSON.stringify({ 0: ['variables.file'] }));
  body.set('0', file, name);
  return body;
}
