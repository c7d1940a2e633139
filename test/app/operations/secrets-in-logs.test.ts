// Nothing secret gets into the output of a server: everywhere a secret can be is one, and much goes wrong.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { createTestDatabase } from '../../support/database/database.ts';
import { urlAs } from '../../support/database/serving-role.ts';
import { releaseAfter } from '../../support/release.ts';
import { startFileHost } from '../../support/sources/file-host.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const run = promisify(execFile);
const SIGNATURE = '?signature=secret-of-address';
const ADD_SOURCE = 'mutation ($input: AddDataSourceInput!) { addDataSource(input: $input) { id } }';

test('no password, token, cookie or header of a source is in the output of a server', async (t) => {
  const database = await createTestDatabase(t);
  const role = `secretive_${process.pid}`;
  await database.sql`CREATE ROLE ${database.sql(role)} SUPERUSER LOGIN PASSWORD 'secret-of-database'`;
  releaseAfter(t, () => database.sql`DROP ROLE ${database.sql(role)}`.then(() => {}));
  const env = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: urlAs(database.url, role, 'secret-of-database'),
    DATA_DIR: await createTemporaryFolder(t),
    INGEST_LANES: '1',
    LOG_LEVEL: 'debug',
    ALLOW_PRIVATE_SOURCES: 'true',
    ALLOWED_HOSTS: 'shop.example',
    TRUSTED_PROXIES: '127.0.0.1',
  };
  const made = await run(
    process.execPath,
    ['src/cli/commands/token.ts', 'create', '--role', 'admin', '--name', 'Ann'],
    { env },
  );
  const token = made.stdout.trim();
  assert.match(token, /\S{20,}/);

  const server = spawn(process.execPath, ['src/main.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(server, 'close');
  releaseAfter(t, async () => {
    server.kill('SIGKILL');
    await ended;
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  const address = () => /answers at (http:\S+)/.exec(output)?.[1] ?? '';
  await waitUntil('the server answers', () => address() !== '');
  const url = address();

  const ask = (body: string, headers: Record<string, string> = {}, path = '/graphql') =>
    fetch(url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        cookie: 'any=secret-of-cookie; loadstone_session=secret-of-session',
        'proxy-authorization': 'Basic secret-of-proxy',
        'x-api-key': 'secret-of-key',
        ...headers,
      },
      body,
    }).then((response) => response.text());

  await ask('{"query":"{ imports { totalCount } }"}');
  await ask('{"query":"{ imports { totalCount } }"}', { authorization: 'Bearer secret-of-stranger' });
  await ask('{"query":"{ imports { totalCount } }"}', { authorization: 'Basic c2VjcmV0LW9mLWJhc2lj' });
  await ask('{', {}, '/graphql?access_token=secret-of-query');
  await ask('--x\r\n\r\nnonsense', { 'content-type': 'multipart/form-data; boundary=x' });
  await ask('{}', { 'x-forwarded-host': 'secret-of-host.example' });

  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { cookie: 'any=secret-of-cookie', authorization: `Bearer ${token}` },
  });
  await once(socket, 'open');
  socket.send('{"type":"connection_init","payload":{"authorization":"Bearer secret-of-payload"}}');
  await Promise.race([once(socket, 'message'), once(socket, 'close')]);
  socket.terminate();

  const addSource = (address: string) => {
    const headers = [
      { name: 'Authorization', value: 'Bearer secret-of-source' },
      { name: 'X-Key', value: 'secret-of-source' },
    ];
    const name = new URL(address).pathname;
    const input = { name, kind: 'HTTP', url: address, headers, intervalSeconds: 86_400 };
    return ask(JSON.stringify({ query: ADD_SOURCE, variables: { input } }));
  };
  const host = await startFileHost(t);
  host.answer(`/denied.csv${SIGNATURE}`, (_request, response) => void response.writeHead(403).end());
  host.answer(`/cut.csv${SIGNATURE}`, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/csv', 'content-length': 1000 }).write('sku,name\n');
    setTimeout(() => response.destroy(), 50);
  });
  for (const address of [
    `${host.url}/denied.csv${SIGNATURE}`,
    `${host.url}/cut.csv${SIGNATURE}`,
    `http://127.0.0.1:1/away.csv${SIGNATURE}`,
  ]) {
    assert.match(await addSource(address), /"addDataSource":\{"id"/);
  }
  await waitUntil('all sources fail', () => (output.match(/a data source fails/g) ?? []).length >= 3);

  // The database goes away under requests and the server's own work.
  const cut = () =>
    database.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${role}`;
  for (let at = 0; at < 3; at += 1) {
    await Promise.all([
      ask('{"query":"{ products { totalCount } }"}'),
      cut(),
      ask('{"query":"{ imports { totalCount } }"}'),
    ]);
  }
  // And does not do what it is told.
  await database.sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'`;
  await database.sql`CREATE TRIGGER refuse BEFORE INSERT ON data_source_headers EXECUTE FUNCTION refuse()`;
  assert.match(await addSource(`${host.url}/refused.csv${SIGNATURE}`), /INTERNAL/);
  await waitUntil('the error is logged', () => output.includes('P0001'));
  await database.sql`ALTER TABLE import_profiles RENAME TO away`;
  assert.match(await ask('{"query":"{ importProfiles { nodes { id } } }"}'), /INTERNAL/);
  await waitUntil('the statement is logged', () => output.includes('Failed query: select'));
  await database.sql`ALTER ROLE ${database.sql(role)} PASSWORD 'another-one'`;
  await cut();
  await ask('{"query":"{ products { totalCount } }"}');
  await waitUntil('the server says so', () => /database/i.test(output));
  server.kill('SIGTERM');
  await ended;

  // Its password is wrong now.
  const failed = await run(process.execPath, ['src/main.ts'], { env }).catch(
    (error: { stdout?: string; stderr?: string }) => error,
  );
  assert.match(failed.stderr ?? '', /password authentication failed/);
  output += `${failed.stdout}${failed.stderr}`;
  const found = output
    .split('\n')
    .filter((line) => /secret-of-(?!host)|c2VjcmV0/.test(line) || line.includes(token));
  assert.deepEqual(found, []);
  assert.doesNotMatch(output, /params:/, 'a statement is logged with its parameters');
});
