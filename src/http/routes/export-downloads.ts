// Downloads of the catalogue as CSV: products, name counts, and what an import changed.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { coerceInputValue, type GraphQLInputType, type GraphQLSchema } from 'graphql';
import type { ImportStore } from '../../db/imports/import-store.ts';
import { CHANGE_KINDS } from '../../db/tables.ts';
import { LoadstoneError } from '../../errors.ts';
import type { CatalogueExports, TakeCsv } from '../../exports/catalogue-exports.ts';
import { parseOwnJson } from '../../json/json-reader.ts';
import {
  type ProductCountFilterInput,
  productCountFilterOf,
} from '../../resolvers/catalogue/product-count-filter.ts';
import { type ProductFilterInput, productFilterOf } from '../../resolvers/catalogue/product-filter.ts';
import { httpError } from '../http-error.ts';
import { crossOriginError, isCrossOrigin } from '../origins/cross-origin.ts';
import { BOM, baseNameOf, sendCsv } from './csv-download.ts';
import { findImport } from './find-import.ts';

export interface ExportSources {
  exports: CatalogueExports;
  importStore: Pick<ImportStore, 'get'>;
}

export interface ExportRequest {
  schema: GraphQLSchema;
  parameters: URLSearchParams;
  /** The end of the address: empty or `.gz`. */
  suffix: string;
  stallMs: number;
  /** Aborts when the client has disconnected. */
  signal: AbortSignal;
}

export const PRODUCT_EXPORT_PARAMETERS = ['filter', 'attributes', 'bom'];
export const COUNT_EXPORT_PARAMETERS = ['filter', 'orderBy', 'bom'];
export const CHANGE_EXPORT_PARAMETERS = ['kind', 'bom'];

const COUNT_ORDERS = ['COUNT_DESC', 'NAME_ASC'] as const;
const RETRY_AFTER_SECONDS = 10;

export async function answerProductExport(
  request: IncomingMessage,
  response: ServerResponse,
  { exports }: ExportSources,
  wanted: ExportRequest,
): Promise<void> {
  const { schema, parameters, signal } = wanted;
  await answerExport(request, response, 'products', wanted, (take) => {
    const input = inputOf<ProductFilterInput>(schema, 'ProductFilter', parameters);
    return exports.products(productFilterOf(input), attributesOf(parameters), take, signal);
  });
}

export async function answerCountExport(
  request: IncomingMessage,
  response: ServerResponse,
  { exports }: ExportSources,
  wanted: ExportRequest,
): Promise<void> {
  const { schema, parameters, signal } = wanted;
  await answerExport(request, response, 'names', wanted, (take) => {
    const input = inputOf<ProductCountFilterInput>(schema, 'ProductCountFilter', parameters);
    const orderBy = oneOf('orderBy', parameters, COUNT_ORDERS) ?? 'COUNT_DESC';
    return exports.counts(productCountFilterOf(input), orderBy, take, signal);
  });
}

export async function answerChangeExport(
  request: IncomingMessage,
  response: ServerResponse,
  { exports, importStore }: ExportSources,
  importId: string,
  wanted: ExportRequest,
): Promise<void> {
  const { parameters, signal } = wanted;
  const record = await findImport(importStore, importId, 'Import.changesUrl');
  const name = `${baseNameOf(record.fileName)}-changes`;
  await answerExport(request, response, name, wanted, (take) =>
    exports.changes(record.number, oneOf('kind', parameters, CHANGE_KINDS), take, signal),
  );
}

/** @param run checks the parameters and runs the export */
async function answerExport(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  { parameters, suffix, stallMs }: ExportRequest,
  run: (take: TakeCsv) => Promise<void>,
): Promise<void> {
  refuseOtherPages(request);
  const download = { fileName: `${name}.csv${suffix}`, stallMs };
  const bom = oneOf('bom', parameters, ['true', 'false']) === 'true' ? BOM : '';
  if (request.method === 'HEAD') return sendCsv(request, response, download, []);
  const take: TakeCsv = (header, rows) =>
    sendCsv(request, response, download, withHeader(bom + header, rows));
  try {
    await run(take);
  } catch (error) {
    throw badRequestOf(error);
  }
}

async function* withHeader(header: string, rows: AsyncIterable<Buffer>): AsyncGenerator<string | Buffer> {
  yield header;
  yield* rows;
}

/** A link may be followed from anywhere; images, scripts and the like of other pages must not make the server work. */
function refuseOtherPages({ headers }: IncomingMessage): void {
  if (headers['sec-fetch-mode'] !== 'navigate' && isCrossOrigin(headers)) throw crossOriginError();
}

function badRequestOf(error: unknown): unknown {
  if (!(error instanceof LoadstoneError)) return error;
  if (error.code === 'BAD_USER_INPUT') return httpError(400, 'BAD_REQUEST', error.message);
  if (error.code !== 'TOO_MANY_EXPORTS') return error;
  return httpError(503, error.code, error.message, { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

/** Reads the filter as an API argument is read. */
function inputOf<Input>(schema: GraphQLSchema, type: string, parameters: URLSearchParams): Input | undefined {
  const json = parameters.get('filter');
  if (json === null) return undefined;
  return coerceInputValue(
    parseParameter('filter', json),
    schema.getType(type) as GraphQLInputType,
    (path, _value, error) => {
      const field = ['filter', ...path].join('.');
      throw httpError(400, 'BAD_REQUEST', `The parameter ${field} is not a valid ${type}: ${error.message}`);
    },
  ) as Input;
}

function attributesOf(parameters: URLSearchParams): string[] | undefined {
  const json = parameters.get('attributes');
  if (json === null) return undefined;
  const names = parseParameter('attributes', json);
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '');
  if (isList && new Set(names).size === names.length) return names as string[];
  const message =
    'The parameter attributes must be a JSON list of different names, such as ["Color","Size"], or [] for none. Omit it to get all.';
  throw httpError(400, 'BAD_REQUEST', message);
}

function parseParameter(name: string, json: string): unknown {
  try {
    return parseOwnJson(json);
  } catch {
    throw httpError(
      400,
      'BAD_REQUEST',
      `The parameter ${name} is not valid JSON. Use an address from the API.`,
    );
  }
}

function oneOf<Value extends string>(
  name: string,
  parameters: URLSearchParams,
  values: readonly Value[],
): Value | undefined {
  const given = parameters.get(name);
  if (given === null) return undefined;
  const value = values.find((each) => each === given);
  if (value) return value;
  throw httpError(400, 'BAD_REQUEST', `The parameter ${name} must be ${values.join(' or ')}.`);
}
