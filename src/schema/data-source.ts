// Data sources: places elsewhere that are watched, and whose products are merged when they change.

import type { DataSourceRecord } from '../db/sources/source-rows.ts';
import {
  addDataSource,
  confirmDataSourceDeletion,
  type DataSourceDeletion,
  type DataSourceError,
  dataSourceById,
  dataSourceChanged,
  dataSources,
  pauseDataSource,
  removeDataSource,
  resumeDataSource,
  sourceDeletion,
  sourceError,
  sourceHeaderNames,
  sourceHeldCount,
  sourceImport,
  sourceProductCount,
  sourceState,
  syncDataSource,
  updateDataSource,
} from '../resolvers/data-sources.ts';
import { builder } from './builder.ts';
import { connectionType, pageArgs } from './connection.ts';
import { dialectFields, QuotingRef } from './dialect.ts';
import { ImportRef } from './import.ts';

const DataSourceKindRef = builder.enumType('DataSourceKind', {
  description: 'How a data source tells that it changed.',
  values: {
    HTTP: {
      description:
        'Any file at an http or https address. It changed when its ETag did, or else its Last-Modified, or else its content.',
    },
    SENSE_READ: {
      description:
        'A server whose `GET /sense` answers 1 or 0, changed or not, and whose `GET /read` answers the data. The address is what both are below.',
    },
  },
});

const DataSourceModeRef = builder.enumType('DataSourceMode', {
  description: 'What becomes of products that a data source no longer has.',
  values: {
    UPSERT: { description: 'They stay.' },
    REPLACE: {
      description:
        'They are removed, unless another data source brought them too, or an upload brought them since.',
    },
  },
});

const DataSourceStateRef = builder.enumType('DataSourceState', {
  description: 'What happens with a data source at present.',
  values: {
    IDLE: { description: 'It waits for its next check.' },
    CHECKING: { description: 'It is being asked whether it changed.' },
    FETCHING: { description: 'Its content is being received.' },
    IMPORTING: { description: 'Its content is here and goes into the catalogue: see `currentImport`.' },
    FAILING: {
      description: 'The last check or import failed: see `error`. It is tried again at `nextCheckAt`.',
    },
    CONFIRMATION_NEEDED: {
      description: 'What it has now would delete too much: see `deletionToConfirm`. It is checked meanwhile.',
    },
    PAUSED: { description: 'It is not checked until it is resumed.' },
    REMOVED: { description: 'It was removed; seen in `dataSourceChanged` alone.' },
  },
});

const DataSourceErrorRef = builder.objectRef<DataSourceError>('DataSourceError').implement({
  description: 'Why a data source fails.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description:
        'Stable: SOURCE_ADDRESS_REFUSED, SOURCE_UNREACHABLE, SOURCE_TIMEOUT, SOURCE_STATUS, SOURCE_REDIRECTS, SOURCE_INTERRUPTED, SOURCE_NOT_DATA, DELETION_NOT_CONFIRMED, IMPORT_CANCELLED, or what `ImportError.code` may be.',
    }),
    message: t.exposeString('message', { description: 'What is wrong, and what to do.' }),
  }),
});

const DataSourceDeletionRef = builder.objectRef<DataSourceDeletion>('DataSourceDeletion').implement({
  description: 'A deletion for which an import was refused.',
  fields: (t) => ({
    importId: t.exposeID('importId', {
      description: 'The import that was refused; nothing of it was merged.',
    }),
    products: t.expose('products', { type: 'SafeInt', description: 'How many products would go.' }),
    of: t.expose('of', { type: 'SafeInt', description: 'How many products the source has brought.' }),
    skus: t.exposeStringList('skus', {
      description: 'The first of those that would go, 20 at most, by SKU.',
    }),
    isConfirmed: t.exposeBoolean('isConfirmed', {
      description: 'Whether it was confirmed: the content is fetched again, and they go.',
    }),
  }),
});

const DataSourceRef = builder.objectRef<DataSourceRecord>('DataSource').implement({
  description: 'A place elsewhere that has products. It is watched, and what changes there is merged here.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    name: t.exposeString('name', { description: 'The name that it was given; no two sources share one.' }),
    kind: t.expose('kind', { type: DataSourceKindRef, description: 'How it tells that it changed.' }),
    url: t.exposeString('url', { description: 'Its address.' }),
    headerNames: t.stringList({
      description:
        'The names of the headers that are sent to it, in lower case. Their values are never told.',
      resolve: (record, _args, context) => sourceHeaderNames(record, context),
    }),
    intervalSeconds: t.exposeInt('intervalSeconds', {
      description: 'Between two checks; a tenth more or less at random, and longer while it fails.',
    }),
    mode: t.expose('mode', {
      type: DataSourceModeRef,
      description: 'What becomes of products that it no longer has.',
    }),
    maxDeletedShare: t.exposeFloat('maxDeletedShare', {
      description:
        'An import that would delete a larger share of what the source brought is refused until that is confirmed. 0 to 1.',
    }),
    delimiter: t.exposeString('delimiter', {
      nullable: true,
      description: 'Between the fields, as given; null where it is detected.',
    }),
    encoding: t.exposeString('encoding', {
      nullable: true,
      description: 'Of the text, as given; null where the file or its server tells.',
    }),
    quoting: t.expose('quoting', { type: QuotingRef, description: 'What a quote means in it.' }),
    skipInitialSpace: t.exposeBoolean('skipInitialSpace', {
      description: 'Whether spaces behind a delimiter are no part of the field.',
    }),
    maxRejectedRows: t.expose('maxRejectedRows', {
      type: 'SafeInt',
      nullable: true,
      description: 'With more rejected rows an import of it fails; null for the setting of the server.',
    }),
    state: t.field({
      type: DataSourceStateRef,
      description: 'What happens with it at present.',
      resolve: (record) => sourceState(record),
    }),
    error: t.field({
      type: DataSourceErrorRef,
      nullable: true,
      description: 'Why the last check or import failed; null unless it did.',
      resolve: (record) => sourceError(record),
    }),
    consecutiveFailures: t.exposeInt('failures', {
      description: 'Checks and imports in a row that failed; 0 after one that did not.',
    }),
    lastCheckAt: t.expose('lastCheckedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last asked; null before.',
    }),
    lastChangeAt: t.expose('lastChangedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last found changed; null before.',
    }),
    lastImportAt: t.expose('lastImportedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its content last was in the catalogue as a whole; null before.',
    }),
    nextCheckAt: t.expose('nextCheckAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it will be asked again; null while it is paused.',
    }),
    currentImport: t.field({
      type: ImportRef,
      nullable: true,
      description: 'The import of its content that is under way; null when none is.',
      resolve: ({ importId }, _args, context) => sourceImport(importId, context),
    }),
    lastImport: t.field({
      type: ImportRef,
      nullable: true,
      description: 'The last import of its content that was completed; null before.',
      resolve: ({ lastImportId }, _args, context) => sourceImport(lastImportId, context),
    }),
    deletionToConfirm: t.field({
      type: DataSourceDeletionRef,
      nullable: true,
      description: 'A deletion that waits to be confirmed, or done; null when none does.',
      resolve: (record, _args, context) => sourceDeletion(record, context),
    }),
    productCount: t.field({
      type: 'SafeInt',
      description: 'Products that it brought and has not given up. Costs a look at all of them.',
      resolve: (record, _args, context) => sourceProductCount(record, context),
    }),
    heldProductCount: t.field({
      type: 'SafeInt',
      description:
        'Products that its last import did not find and left all the same, because they may be in rows that could not be read. Mode REPLACE alone.',
      resolve: (record, _args, context) => sourceHeldCount(record, context),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this state was written.' }),
  }),
});

const DataSourceConnectionRef = connectionType('DataSource', DataSourceRef, 'A page of data sources.');

const DataSourceHeaderRef = builder.inputType('DataSourceHeader', {
  description: 'A header that is sent with each request to a data source, such as Authorization.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name.' }),
    value: t.string({ required: true, description: 'Its value, which is never told again.' }),
  }),
});

type InputFieldBuilder = Parameters<typeof dialectFields>[0];

/** How its content is read: what ImportOptions has, as far as it does not belong to one upload. */
function readingFields(t: InputFieldBuilder) {
  return {
    ...dialectFields(t),
    encoding: t.string({
      description:
        'The name of the text encoding, such as windows-1252. By default what the server says (`charset` of the Content-Type), or else UTF-8; a byte order mark counts more than any.',
    }),
    maxRejectedRows: t.int({
      description:
        "With more rejected rows than this an import fails, TOO_MANY_REJECTED_ROWS. 0 or more; the server's setting by default.",
    }),
  };
}

const AddDataSourceInputRef = builder.inputType('AddDataSourceInput', {
  description: 'A new data source.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'Its name, 1 to 200 characters, which no other source has.',
    }),
    kind: t.field({ type: DataSourceKindRef, required: true, description: 'How it tells that it changed.' }),
    url: t.string({
      required: true,
      description: 'An http or https address, without user and password. It is shown to everyone.',
    }),
    intervalSeconds: t.int({ description: 'Between two checks, 1 to 2,592,000; 300 unless told.' }),
    mode: t.field({ type: DataSourceModeRef, description: 'UPSERT unless told.' }),
    maxDeletedShare: t.float({
      description:
        'In mode REPLACE: the share of what it brought that may go at once without being asked for; 0 to 1, 0.2 unless told.',
    }),
    headers: t.field({
      type: [DataSourceHeaderRef],
      description: 'Headers to send to it; none unless told.',
    }),
    ...readingFields(t),
  }),
});

const UpdateDataSourceInputRef = builder.inputType('UpdateDataSourceInput', {
  description:
    'What to change of a data source. Whatever is left out stays. `delimiter`, `encoding`, `quoting`, `skipInitialSpace` and `maxRejectedRows` may be null for their default. Where the address, a header, or how the content is read changes, the content is fetched and imported again.',
  fields: (t) => ({
    name: t.string({ description: 'A new name.' }),
    kind: t.field({ type: DataSourceKindRef, description: 'How it tells that it changed.' }),
    url: t.string({ description: 'A new address. What was found out about the old one is forgotten.' }),
    intervalSeconds: t.int({ description: 'Between two checks, 1 to 2,592,000.' }),
    mode: t.field({ type: DataSourceModeRef, description: 'Applies from the next import on.' }),
    maxDeletedShare: t.float({ description: '0 to 1. Applies from the next import on.' }),
    headers: t.field({
      type: [DataSourceHeaderRef],
      description: 'All headers, in place of those before; an empty list for none.',
    }),
    ...readingFields(t),
  }),
});

builder.queryFields((t) => ({
  dataSource: t.field({
    type: DataSourceRef,
    nullable: true,
    description: 'The data source with this id, or null.',
    args: { id: t.arg.id({ required: true, description: 'A UUID; anything else is BAD_USER_INPUT.' }) },
    resolve: (_root, args, context) => dataSourceById(args, context),
  }),
  dataSources: t.field({
    type: DataSourceConnectionRef,
    description: 'All data sources by name, a page at a time.',
    args: pageArgs,
    resolve: (_root, args, context) => dataSources(args, context),
  }),
}));

const ID_ARGUMENT = 'The id of the data source, a UUID.';

builder.mutationFields((t) => ({
  addDataSource: t.field({
    type: DataSourceRef,
    description:
      'Adds a data source, which is checked at once. BAD_USER_INPUT, SOURCE_ADDRESS_REFUSED for a private address that is not allowed; both with the `field` at fault among their extensions.',
    args: { input: t.arg({ type: AddDataSourceInputRef, required: true, description: 'What it is.' }) },
    resolve: (_root, args, context) => addDataSource(args, context),
  }),
  updateDataSource: t.field({
    type: DataSourceRef,
    description:
      'Changes a data source, which is then checked at once. NOT_FOUND for an unknown id, and the errors of `addDataSource`.',
    args: {
      id: t.arg.id({ required: true, description: ID_ARGUMENT }),
      input: t.arg({ type: UpdateDataSourceInputRef, required: true, description: 'What to change.' }),
    },
    resolve: (_root, args, context) => updateDataSource(args, context),
  }),
  removeDataSource: t.field({
    type: DataSourceRef,
    description:
      'Removes a data source and its headers. Its products stay, and an import of it that is under way is cancelled. NOT_FOUND for an unknown id.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, args, context) => removeDataSource(args, context),
  }),
  syncDataSource: t.field({
    type: DataSourceRef,
    description:
      'Has a data source checked now, whatever its interval; once, if it is paused. While an import of it is under way: right after that. NOT_FOUND for an unknown id.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, args, context) => syncDataSource(args, context),
  }),
  pauseDataSource: t.field({
    type: DataSourceRef,
    description:
      'Begins no more checks of a data source. What is under way goes on. NOT_FOUND for an unknown id.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, args, context) => pauseDataSource(args, context),
  }),
  resumeDataSource: t.field({
    type: DataSourceRef,
    description: 'Checks a data source again, at once and then at its interval. NOT_FOUND for an unknown id.',
    args: { id: t.arg.id({ required: true, description: ID_ARGUMENT }) },
    resolve: (_root, args, context) => resumeDataSource(args, context),
  }),
  confirmDataSourceDeletion: t.field({
    type: DataSourceRef,
    description:
      'Allows the deletion for which an import was refused: the content is fetched again, and if exactly the same products are gone, they are deleted. NOT_FOUND for an unknown id, NO_DELETION_TO_CONFIRM when this import does not wait for it any more.',
    args: {
      id: t.arg.id({ required: true, description: ID_ARGUMENT }),
      importId: t.arg.id({
        required: true,
        description: 'Of the refused import, as `deletionToConfirm` has it.',
      }),
    },
    resolve: (_root, args, context) => confirmDataSourceDeletion(args, context),
  }),
}));

builder.subscriptionField('dataSourceChanged', (t) =>
  t.field({
    type: DataSourceRef,
    description:
      'The state of a data source at once, then each time it has changed; with its removal the stream completes. A slow reader gets the newest state, not all of them.',
    args: {
      id: t.arg.id({
        description: 'The id of the data source, a UUID. Without it: every one, without an end.',
      }),
    },
    subscribe: (_root, args, context) => dataSourceChanged(args, context),
    resolve: (record) => record,
  }),
);
