// Text that Postgres cannot store or that has a special meaning along the way, in every argument of the schema, in
// headers, and in part and file names. It is rejected or made harmless, and never causes a server error or a hang.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import { buildSchema } from '../../../src/schema/index.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const ANSWER_WITHIN_MS = 30_000;

const HOSTILE = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud83d',
  'a\udc00b',
  '\u0001\u001b[2J\u007f\u0085',
  '\ufffe\uffff\ufeff',
  '\u202e\u200f\u2066txt.csv',
  '../../etc/passwd',
  'C:\\a\\..\\b',
  "'; DROP TABLE products; --",
  '%_\\%',
  '{"a":1}',
  'x'.repeat(100_000),
  '😀'.repeat(2_000),
  '0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10',
  '0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d1\0',
  'utf-8\0',
  'utf-8\ud83d',
  Buffer.from('["sku","\\u0000"]').toString('base64url'),
];

/** An argument that takes text: an operation that uses it, and a function that builds its variables. */
interface Place {
  name: string;
  /** The same for every path to one field. */
  key: string;
  query: string;
  isSubscription: boolean;
  hasFile: boolean;
  variables: (text: string) => Record<string, unknown>;
}

test('hostile text in any argument of any field never causes a server error', async (t) => {
  const server = await startTestServer(t, { ...ONE_LANE, allowPrivateSources: true });
  const found = places();
  assert.ok(found.length > 40, `${found.length} places`);
  for (const place of found) {
    await Promise.all(
      HOSTILE.map(async (text) => {
        const operation = { query: place.query, variables: place.variables(text) };
        const answer = place.hasFile
          ? await send(server, ...multipart({ operation }))
          : await send(
              server,
              { accept: accepted(place), 'content-type': 'application/json' },
              JSON.stringify(operation),
            );
        expectNoFault(answer, `${place.name} with ${JSON.stringify(text.slice(0, 40))}`);
      }),
    );
  }
});

test('hostile part and file names are answered, and the file is imported under a safe name', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  for (const text of HOSTILE.filter((text) => text.length < 10_000)) {
    const raw = text.replaceAll(/["\r\n]/g, '');
    const requests = [
      ['file name', { file: `name="0"; filename="${raw}"` }],
      [
        'extended file name',
        { file: `name="0"; filename*=UTF-8''${encodeURIComponent(text.toWellFormed())}` },
      ],
      ['part name', { file: `name="${raw}"; filename="a.csv"` }],
      ['name of another part', { other: `name="${raw}"` }],
      ['map', { map: JSON.stringify({ [text]: ['variables.f'] }) }],
      ['path in the map', { map: JSON.stringify({ 0: [`variables.${text}`] }) }],
    ] as const;
    await Promise.all(
      requests.map(async ([what, parts]) => {
        const answer = await send(server, ...multipart(parts));
        expectNoFault(answer, `${what} with ${JSON.stringify(text.slice(0, 40))}`);
        if (what.endsWith('file name')) assert.match(answer.body, /"importProducts":\{"id"/, answer.body);
      }),
    );
  }
  const names = await server.database.sql<{ name: string }[]>`SELECT DISTINCT file_name AS name FROM imports`;
  for (const { name } of names) assert.match(name, /^[^\p{Cc}/\\]+$/u);
});

test('hostile header values and query strings are answered', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  const body = '{"query":"{ import(id: \\"0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10\\") { id issuesUrl } }"}';
  for (const text of HOSTILE) {
    // Only characters that the HTTP client of Node.js allows in a header.
    const value = Buffer.from(text.replaceAll(/[^\t\x20-\uffff]|\x7f/g, '').slice(0, 2_000)).toString(
      'latin1',
    );
    for (const name of [
      'accept',
      'content-type',
      'origin',
      'x-forwarded-proto',
      'x-forwarded-host',
      'host',
      'cookie',
      'x-any',
    ]) {
      const headers = { 'content-type': 'application/json', [name]: value };
      expectNoFault(await send(server, headers, body), `${name}: ${JSON.stringify(value.slice(0, 40))}`);
    }
    const encoded = encodeURIComponent(text.slice(0, 1_000).toWellFormed());
    for (const path of [
      `/graphql?query=${encoded}`,
      `/graphql?query={products{edges{cursor}}}&variables=${encoded}&operationName=${encoded}`,
      `/imports/${encoded}/issues.csv`,
      `/imports/0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10/issues.csv?kind=${encoded}`,
      `/${encoded}`,
    ]) {
      expectNoFault(await send(server, {}, undefined, path), path.slice(0, 100));
    }
  }
});

interface Answer {
  status: number;
  body: string;
}

function expectNoFault({ status, body }: Answer, where: string): void {
  assert.ok(status < 500, `${where}: ${status} ${body.slice(0, 500)}`);
  assert.doesNotMatch(body, /"code":"INTERNAL"|Unexpected error/, where);
}

function accepted({ isSubscription }: Place): string {
  return isSubscription ? 'text/event-stream' : 'application/json';
}

/** Returns the response; of an endless event stream only the beginning. */
function send(
  server: TestServer,
  headers: Record<string, string>,
  body: string | Buffer | undefined,
  path = '/graphql',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${server.url}${path}`, { method: body === undefined ? 'GET' : 'POST', headers });
    const late = setTimeout(
      () => asked.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)),
      ANSWER_WITHIN_MS,
    );
    asked
      .on('error', reject)
      .on('close', () => clearTimeout(late))
      .on('response', (response) => {
        let text = '';
        const answer = () => resolve({ status: response.statusCode ?? 0, body: text });
        const isStream = /event-stream/.test(response.headers['content-type'] ?? '');
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => {
            text += chunk;
            // Either the first event, or the comment that shows the stream is open.
            if (isStream && /^event: |^:\n\n/m.test(text)) setTimeout(() => asked.destroy(), 100).unref();
          })
          .on('error', answer)
          .on('end', answer)
          .on('close', answer);
      })
      .end(body);
  });
}

const IMPORT = 'mutation ($f: Upload!) { importProducts(file: $f) { id fileName error { code } } }';

function multipart({
  operation = { query: IMPORT, variables: { f: null } } as object,
  map = undefined as string | undefined,
  file = 'name="0"; filename="a.csv"',
  other = undefined as string | undefined,
}): [headers: Record<string, string>, body: Buffer] {
  const part = (disposition: string, content: string) =>
    `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
  const path =
    'variables' in operation && 'file' in (operation.variables as object) ? 'variables.file' : 'variables.f';
  const body = [
    part('name="operations"', JSON.stringify(operation)),
    part('name="map"', map ?? JSON.stringify({ 0: [path] })),
    ...(other === undefined ? [] : [part(other, 'x')]),
    part(file, 'name,sku,description\nAnn,a-1,x\n'),
    '--b--\r\n',
  ];
  return [{ 'content-type': 'multipart/form-data; boundary=b' }, Buffer.from(body.join(''))];
}

type Field = GraphQLField<unknown, unknown>;

/** @returns one place for each argument of each field, and each field of nested input objects */
function places(): Place[] {
  const schema = buildSchema();
  const found: Place[] = [];
  const walk = (type: GraphQLObjectType, kind: OperationTypeNode, path: Field[]) => {
    for (const field of Object.values(type.getFields())) {
      const here = [...path, field];
      for (const arg of field.args) {
        for (const inside of pathsInto(arg.type)) found.push(placeOf(kind, here, arg, inside));
      }
      const inner = getNamedType(field.type);
      const isNew = !path.some(({ name }) => name === field.name);
      if (isObjectType(inner) && isNew && here.length < DEEPEST) walk(inner, kind, here);
    }
  };
  for (const kind of Object.values(OperationTypeNode)) {
    const root = schema.getRootType(kind);
    if (root) walk(root, kind, []);
  }
  // A field with several paths to it is tried by the shortest.
  const shortest = new Map<string, Place>();
  for (const place of found.sort((a, b) => a.query.length - b.query.length)) {
    if (!shortest.has(place.key)) shortest.set(place.key, place);
  }
  return [...shortest.values()];
}

/** Paths from an input type to the values in it. */
function pathsInto(type: GraphQLInputType): string[][] {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return [[]];
  return Object.values(named.getFields()).flatMap((field) =>
    pathsInto(field.type).map((path) => [field.name, ...path]),
  );
}

function placeOf(kind: OperationTypeNode, path: Field[], target: GraphQLArgument, inside: string[]): Place {
  const given = path.flatMap((field, depth) =>
    field.args
      .filter((arg) => arg === target || isNonNullType(arg.type))
      .map((arg) => ({ arg, depth, variable: depth === 0 ? arg.name : `${arg.name}${depth}` })),
  );
  const last = path.at(-1) as Field;
  const selection = path.reduceRight(
    (inner, field, depth) => {
      const own = given
        .filter((one) => one.depth === depth)
        .map(({ arg, variable }) => `${arg.name}: $${variable}`);
      return `${field.name}${own.length > 0 ? `(${own.join(', ')})` : ''}${inner && ` { ${inner} }`}`;
    },
    isCompositeType(getNamedType(last.type)) ? '__typename' : '',
  );
  const declared = given.map(({ arg, variable }) => `$${variable}: ${arg.type}`);
  const names = [target.name, ...inside];
  return {
    name: [...path.map(({ name }) => name), ...names].join('.'),
    key: [last.name, ...names].join('.'),
    query: `${kind} (${declared.join(', ')}) { ${selection} }`,
    isSubscription: kind === OperationTypeNode.SUBSCRIPTION,
    hasFile: given.some(({ arg }) => getNamedType(arg.type).name === 'Upload'),
    variables: (text) =>
      Object.fromEntries(
        given.map(({ arg, variable }) => [
          variable,
          valueFor(arg, arg === target ? inside : undefined, text),
        ]),
      ),
  };
}

/** @param inside where the text goes; undefined for a valid value */
function valueFor(
  { name, type }: { name: string; type: GraphQLInputType },
  inside: string[] | undefined,
  text: string,
): unknown {
  if (isNonNullType(type)) return valueFor({ name, type: type.ofType }, inside, text);
  if (isListType(type)) return [valueFor({ name, type: type.ofType }, inside, text)];
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const wanted = fields.filter((field) => isNonNullType(field.type) || field.name === inside?.[0]);
    return Object.fromEntries(
      wanted.map((field) => [
        field.name,
        valueFor(field, field.name === inside?.[0] ? inside.slice(1) : undefined, text),
      ]),
    );
  }
  if (inside) return text;
  if (isEnumType(type)) return type.getValues()[0]?.name;
  return name === 'url' ? 'http://127.0.0.1:9/' : RIGHT[type.name];
}

const DEEPEST = 4;
const RIGHT: Record<string, unknown> = {
  ID: '0b5e8f1c-6f0e-4a57-9d2b-3c1f5a7e9d10',
  String: 'x',
  Int: 1,
  SafeInt: 1,
  Float: 0.5,
  Boolean: true,
  DateTime: '2026-01-01T00:00:00Z',
  Upload: null,
};
