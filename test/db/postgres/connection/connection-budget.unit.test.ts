import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  connectionsNeeded,
  lanesWithin,
  maxConnectionsFor,
  poolsInUse,
} from '../../../../src/db/postgres/connection/connection-budget.ts';
import { fitLanes } from '../../../../src/db/postgres/startup/connection-limit.ts';

const LARGE = { maxActiveImports: 4, ingestLanes: 32, sharedRates: false };
const UNLIMITED = { isSuperuser: false, roleLimit: -1, databaseLimit: -1 };

test('lanes are those of the settings where all connections fit, and as many as fit where they do not', () => {
  for (const ingestLanes of [1, 2, 13, 32, 64]) {
    const settings = { ...LARGE, ingestLanes };
    const needed = connectionsNeeded(settings);
    assert.equal(lanesWithin(needed, settings), ingestLanes);
    assert.equal(lanesWithin(needed - 1, settings), ingestLanes - 1);
    assert.equal(lanesWithin(needed + 1000, settings), ingestLanes);
    assert.ok(maxConnectionsFor(settings) > needed);
  }
  assert.equal(lanesWithin(0, LARGE), 0);
});

test('32 cores have fewer lanes with the default of Postgres, and the warning names the numbers', () => {
  const { ingestLanes, warning } = fitLanes({ ...UNLIMITED, maxConnections: 100, reserved: 3 }, LARGE);
  assert.ok(ingestLanes > 1 && ingestLanes < 32);
  assert.ok(connectionsNeeded({ ...LARGE, ingestLanes }) <= 97);
  assert.match(
    warning ?? '',
    new RegExp(
      `may take ${connectionsNeeded(LARGE)} connections .*gets 97 \\(max_connections = 100, of which 3 are reserved\\).*INGEST_LANES=${ingestLanes}`,
    ),
  );
  assert.equal(fitLanes({ ...UNLIMITED, maxConnections: 1000, reserved: 3 }, LARGE).warning, undefined);
});

test('the limits of role and database count, but not for a superuser; with too low a limit, a lane is left', () => {
  const least = connectionsNeeded({ ...LARGE, ingestLanes: 1 });
  const limits = { ...UNLIMITED, maxConnections: 1000, reserved: 3 };
  assert.equal(fitLanes({ ...limits, roleLimit: least }, LARGE).ingestLanes, 1);
  assert.equal(fitLanes({ ...limits, databaseLimit: least }, LARGE).ingestLanes, 1);
  assert.equal(fitLanes({ ...limits, databaseLimit: 0, isSuperuser: true }, LARGE).ingestLanes, 32);
  const tight = fitLanes({ ...limits, roleLimit: least - 1 }, LARGE);
  assert.equal(tight.ingestLanes, 1);
  assert.match(
    tight.warning ?? '',
    new RegExp(
      `gets ${least - 1} \\(the CONNECTION LIMIT of the role\\).*at least ${least},.*lower MAX_ACTIVE_IMPORTS`,
    ),
  );
});

test('what servers count together takes two connections more', () => {
  const shared = { ...LARGE, sharedRates: true };
  assert.equal(connectionsNeeded(shared), connectionsNeeded(LARGE) + 2);
  assert.deepEqual(
    poolsInUse(shared).filter((pool) => !poolsInUse(LARGE).includes(pool)),
    ['rates'],
  );
});
