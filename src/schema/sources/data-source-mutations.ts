// Mutations that manage data sources.

import { randomUUID } from 'node:crypto';
import { FieldChecks } from '../../errors.ts';
import { checkId } from '../../resolvers/bad-input.ts';
import { givenProfile } from '../../resolvers/imports/import-options.ts';
import { readNewSource, readSourceChanges } from '../../resolvers/sources/data-source-input.ts';
import { builder } from '../builder.ts';
import { DataSourceRef } from './data-source.ts';
import { AddDataSourceInputRef, UpdateDataSourceInputRef } from './data-source-inputs.ts';

const ID_ARGUMENT = 'The ID of the data source, a UUID.';

builder.mutationFields((t) => ({
  addDataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Adds a data source and checks it immediately. Errors: BAD_USER_INPUT, PROFILE_NOT_FOUND, SOURCE_ADDRESS_REFUSED for a private address that is not allowed. All wrong fields are in `extensions.fields`.',
    args: {
      input: t.arg({ type: AddDataSourceInputRef, required: true, description: 'The data source to add.' }),
    },
    resolve: async (_root, { input }, context) => {
      const { services } = context;
      const checks = new FieldChecks();
      const source = checks.run(() => readNewSource(input, services.allowPrivateSources));
      await checks.wait(() => givenProfile(input.profile, context));
      checks.finish();
      const { setup, headers } = source as NonNullable<typeof source>;
      return services.dataSourceEdits.add(randomUUID(), setup, headers);
    },
  }),
  updateDataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Changes a data source and checks it immediately. Errors: NOT_FOUND, and those of `addDataSource`.',
    args: {
      id: t.arg.id({ required: true, description: ID_ARGUMENT }),
      input: t.arg({ type: UpdateDataSourceInputRef, required: true, description: 'The fields to change.' }),
    },
    resolve: async (_root, { id, input }, context) => {
      const { services } = context;
      const checks = new FieldChecks();
      const sourceId = checks.run(() => checkId('id', id)) ?? id;
      const changes = checks.run(() => readSourceChanges(input, services.allowPrivateSources)) ?? {};
      await checks.wait(() => givenProfile(input.profile, context));
      checks.finish();
      return services.dataSourceEdits.update(sourceId, changes);
    },
  }),
  removeDataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Removes a data source and its headers. Its products stay in the catalogue, and a running import of it is cancelled. Errors: NOT_FOUND.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.dataSourceEdits.remove(checkId('id', id)),
  }),
  syncDataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Checks a data source immediately, even if it is paused. If an import of it is running, the check follows right after it. Errors: NOT_FOUND.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.dataSourceEdits.checkNow(checkId('id', id)),
  }),
  pauseDataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Stops checking a data source. A check or import that is already running continues. Errors: NOT_FOUND.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.dataSourceEdits.setPaused(checkId('id', id), true),
  }),
  resumeDataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { admin: true },
    description: 'Resumes checking a data source: immediately, and then at its interval. Errors: NOT_FOUND.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, { id }, { services }) => services.dataSourceEdits.setPaused(checkId('id', id), false),
  }),
  confirmDataSourceDeletion: t.field({
    type: DataSourceRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Confirms a refused deletion. The content is fetched again, and the products are deleted if they are exactly the same ones. Errors: NOT_FOUND, NO_DELETION_TO_CONFIRM if this import is no longer waiting for confirmation.',
    args: {
      id: t.arg.id({ required: true, description: ID_ARGUMENT }),
      importId: t.arg.id({
        required: true,
        description: 'The ID of the refused import, from `deletionToConfirm`.',
      }),
    },
    resolve: (_root, { id, importId }, { services }) =>
      services.dataSourceEdits.confirmDeletion(checkId('id', id), checkId('importId', importId)),
  }),
}));
