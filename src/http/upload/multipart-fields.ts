// Parses the fields of a GraphQL multipart request: `operations`, and `map`, which assigns the file to a variable.

import type { Upload } from 'graphql-upload-minimal';
import type { GraphQLParams } from 'graphql-yoga';
import { JsonExcessError, parseJson } from '../../json/json-reader.ts';
import { badMultipart, usedTwice } from './upload-errors.ts';

/** The variable that a request's file is assigned to. */
export interface FilePlace {
  /** The name of the file's part. */
  partName: string;
  /** The name of the variable. */
  variable: string;
  /** Sets the variable, or a field inside it, to the file. */
  fill(upload: Upload): void;
}

/** A segment of a path: a GraphQL name or a list index. Names that begin with `__` are reserved. */
const SEGMENT = /^(?!__)[_a-z]\w*$|^\d+$/i;

/** @throws LoadstoneError BAD_MULTIPART */
export function parseOperations(text: string): GraphQLParams {
  const operations = parseField('operations', text);
  if (Array.isArray(operations))
    throw badMultipart('Send one operation per request: "operations" must not be a list.');
  if (!isObject(operations))
    throw badMultipart('"operations" must be a JSON object with "query" and "variables".');
  return operations;
}

/** @throws LoadstoneError BAD_MULTIPART */
export function parseMap(text: string, operations: GraphQLParams): FilePlace {
  const map = parseField('map', text);
  if (!isObject(map)) throw badMultipart('"map" must be a JSON object such as {"0": ["variables.file"]}.');
  const entries = Object.entries(map);
  const [entry] = entries;
  if (!entry) throw badMultipart('"map" names no file. Send one, or send the operation as application/json.');
  if (entries.length > 1) throw badMultipart('Send one file per request: "map" names several.');
  const [partName, paths] = entry;
  if (partName === 'operations' || partName === 'map')
    throw badMultipart(`"map" must not name the file ${partName}. Give its part another name, such as 0.`);
  if (!Array.isArray(paths) || paths.length === 0 || !paths.every((path) => typeof path === 'string')) {
    throw badMultipart('"map" must give the file one path, such as {"0": ["variables.file"]}.');
  }
  const places = paths.map((path) => findPlace(operations, path));
  if (new Set(paths).size > 1) throw usedTwice();
  const [place] = places;
  if (!place || places.length > 1)
    throw badMultipart('"map" gives the file the same path twice. Give it once.');
  return { partName, ...place };
}

/** Follows the path through own properties only, never through prototypes. */
function findPlace(operations: GraphQLParams, path: string): Omit<FilePlace, 'partName'> {
  const [root, ...segments] = path.split('.');
  const last = segments.pop();
  const wrong = () =>
    badMultipart(
      `The path ${JSON.stringify(path)} in "map" must lead to a variable whose value in "operations" is null.`,
    );
  if (root !== 'variables' || last === undefined) throw wrong();
  let parent: unknown = operations.variables;
  for (const segment of segments) parent = ownValue(parent, segment);
  if (ownValue(parent, last) !== null) throw wrong();
  const holder = parent as Record<string, unknown>;
  return {
    variable: segments[0] ?? last,
    fill: (upload) => {
      holder[last] = upload;
    },
  };
}

function ownValue(parent: unknown, segment: string): unknown {
  if (typeof parent !== 'object' || parent === null) return undefined;
  if (!SEGMENT.test(segment) || !Object.hasOwn(parent, segment)) return undefined;
  return (parent as Record<string, unknown>)[segment];
}

function parseField(field: string, text: string): unknown {
  try {
    return parseJson(Buffer.from(text));
  } catch (cause) {
    if (cause instanceof JsonExcessError)
      throw badMultipart(`The field "${field}" ${cause.message}. Split it into several requests.`);
    throw badMultipart(`The field "${field}" is not valid JSON. Send it as JSON text.`, { cause });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
