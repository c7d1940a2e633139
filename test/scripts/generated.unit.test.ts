// Generated documents agree with the server. `npm run check` verifies that they are up to date.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { envExample } from '../../scripts/generated/env-example.ts';
import { errorsDocument } from '../../scripts/generated/errors-document.ts';
import { settingsDocument } from '../../scripts/generated/settings-document.ts';
import { ERROR_CODES } from '../../src/codes/error-codes.ts';
import { FIELD_ERROR_CODES } from '../../src/codes/field-error-codes.ts';
import { ROW_ISSUE_CODES } from '../../src/codes/row-issue-codes.ts';
import { WARNING_CODES } from '../../src/codes/warning-codes.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { readSettings } from '../../src/config.ts';

test('.env.example has no effect until a line is uncommented', () => {
  assert.deepEqual(parseEnv(envExample()), {});
});

test('.env.example has every setting with its default', () => {
  const uncommented = parseEnv(envExample().replace(/^#(?=[A-Z_]+=)/gm, ''));
  const variables = Object.values(SETTINGS).map(({ variable }) => variable);
  assert.deepEqual(Object.keys(uncommented).sort(), variables.sort());
  const { databaseUrl, ...others } = readSettings(uncommented as Record<string, string>);
  assert.deepEqual({ ...others, databaseUrl: undefined }, { ...readSettings({}) });
  assert.match(databaseUrl ?? '', /^postgres:/);
});

test('docs/settings.md does not depend on the machine that generated it', () => {
  assert.match(settingsDocument(), /`INGEST_LANES` \| the number of CPU cores \| 1 to 64 \|/);
});

test('docs/errors.md lists every code', () => {
  const codes = [ERROR_CODES, FIELD_ERROR_CODES, ROW_ISSUE_CODES, WARNING_CODES].flatMap(Object.keys);
  const document = errorsDocument();
  assert.deepEqual(
    codes.filter((code) => !document.includes(`\n| \`${code}\` | `)),
    [],
  );
});
