// Descriptions of the maximum length can be edited as well as imported, however a client encodes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { importAndWait } from '../../support/server/graphql-client.ts';
import { ONE_LANE, startTestServer, type TestServer } from '../../support/server/server.ts';

const UPDATE =
  'mutation ($text: String!) { updateProduct(sku: "a-1", input: { description: $text }) { description } }';

/** Escapes non-ASCII characters as \uXXXX, as many JSON libraries do. */
function escaped(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const inVariables = (text: string) => JSON.stringify({ query: UPDATE, variables: { text } });
const inDocument = (text: string) =>
  escaped(
    JSON.stringify({
      query: escaped(UPDATE.replace('($text: String!)', '').replace('$text', JSON.stringify(text))),
    }),
  );

const BODIES: [what: string, character: string, write: (text: string) => string][] = [
  ['letters', 'é', inVariables],
  ['letters, escaped', 'é', (text) => escaped(inVariables(text))],
  ['control characters', '\u0001', inVariables],
  ['characters outside of the BMP', '😀', inVariables],
  ['those, escaped', '😀', (text) => escaped(inVariables(text))],
  ['those, escaped in the document', '😀', inDocument],
];

for (const maxDescriptionLength of [100, 1_000_000]) {
  test(`a description of ${maxDescriptionLength} characters can be set over HTTP, and a longer one is rejected with a reason`, async (t) => {
    const server = await startTestServer(t, { ...ONE_LANE, maxDescriptionLength });
    await importAndWait(server.url, 'name,sku,description\nAnn,a-1,x\n');
    for (const [what, character, write] of BODIES) {
      const text = character.repeat(maxDescriptionLength);
      assert.equal((await post(server, write(text))).data?.updateProduct.description, text, what);
      const { errors } = await post(server, write(`${text}x`));
      assert.match(errors?.[0]?.message ?? '', /more than the \d+ that are allowed/, what);
    }
  });
}

test('concurrent edits of long descriptions all succeed over HTTP and WebSocket', async (t) => {
  const server = await startTestServer(t, ONE_LANE);
  await importAndWait(server.url, 'name,sku,description\nAnn,a-1,x\n');
  const text = '\u0001'.repeat(1_000_000);
  const answers = Array.from({ length: 4 }, () => [
    post(server, inVariables(text)).then(({ data }) => data?.updateProduct.description),
    overWebSocket(server, text),
  ]).flat();
  for (const answer of await Promise.all(answers)) assert.equal(answer, text);
});

interface Answer {
  data?: { updateProduct: { description: string } };
  errors?: { message: string }[];
}

async function post({ url }: TestServer, body: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  return (await response.json()) as Answer;
}

async function overWebSocket({ url }: TestServer, text: string): Promise<string | undefined> {
  const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  try {
    for await (const { data } of client.iterate({ query: UPDATE, variables: { text } })) {
      return (data as Answer['data'])?.updateProduct.description;
    }
    return undefined;
  } finally {
    await client.dispose();
  }
}
