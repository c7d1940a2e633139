// A data source: a remote location that is checked regularly, and imported when it changes.

import type { DataSourceRecord } from '../../db/sources/source-rows.ts';
import { costs, PRODUCT_FIELDS, STATEMENT } from '../../resolvers/field-cost.ts';
import { defaultsOf, mappingOf } from '../../resolvers/imports/column-fields.ts';
import { importsByIds } from '../../resolvers/imports/imports.ts';
import {
  type DataSourceDeletion,
  type DataSourceError,
  heldProductCounts,
  sourceDeletions,
  sourceError,
  sourceState,
} from '../../resolvers/sources/data-sources.ts';
import { builder, UNCACHED } from '../builder.ts';
import { ErrorCodeRef } from '../error-code.ts';
import { FieldDefaultRef, MappedColumnRef } from '../imports/columns.ts';
import { QuotingRef } from '../imports/dialect.ts';
import { DuplicateRuleRef } from '../imports/duplicate-rule.ts';
import { ImportRef } from '../imports/import.ts';
import { NodeRef } from '../node.ts';
import { DataSourceKindRef, DataSourceModeRef, DataSourceStateRef } from './data-source-enums.ts';

const DataSourceErrorRef = builder.objectRef<DataSourceError>('DataSourceError').implement({
  description: 'Why a data source is failing.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeRef, description: 'The reason, for programs.' }),
    message: t.exposeString('message', { description: 'What is wrong and how to fix it, for people.' }),
  }),
});

const DataSourceDeletionRef = builder.objectRef<DataSourceDeletion>('DataSourceDeletion').implement({
  description: 'A deletion that was refused because it would affect too many products.',
  fields: (t) => ({
    importId: t.exposeID('importId', { description: 'The ID of the refused import. It changed nothing.' }),
    products: t.expose('products', {
      type: 'SafeInt',
      description: 'The number of products that would be deleted.',
    }),
    of: t.expose('of', {
      type: 'SafeInt',
      description: 'The number of products that the data source has imported.',
    }),
    skus: t.exposeStringList('skus', {
      description: 'The first SKUs that would be deleted, in order. At most 20.',
    }),
    isConfirmed: t.exposeBoolean('isConfirmed', {
      description:
        'Whether the deletion has been confirmed. If so, the content is fetched again and the products are deleted.',
    }),
  }),
});

export const DataSourceRef = builder.objectRef<DataSourceRecord>('DataSource').implement({
  description: 'A remote source of products. It is checked regularly, and imported when it changes.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    name: t.exposeString('name', { description: 'The name. Unique among data sources.' }),
    kind: t.expose('kind', { type: DataSourceKindRef, description: 'How changes are detected.' }),
    url: t.exposeString('url', { description: 'The address.' }),
    headerNames: t.loadableList({
      type: 'String',
      description:
        'The names of the HTTP headers sent with each request, in lower case. Their values cannot be read.',
      load: (ids: string[], { services }) => services.dataSources.headerNames(ids),
      resolve: ({ id }) => id,
      loaderOptions: UNCACHED,
    }),
    intervalSeconds: t.exposeInt('intervalSeconds', {
      description:
        'The time between two checks, in seconds. Randomly varied by up to 10%, and longer while the data source is failing.',
    }),
    mode: t.expose('mode', {
      type: DataSourceModeRef,
      description: 'What happens to products that it no longer contains.',
    }),
    maxDeletedShare: t.exposeFloat('maxDeletedShare', {
      description:
        'The maximum share of its products, from 0 to 1, that an import may delete without confirmation. Mode REPLACE only.',
    }),
    delimiter: t.exposeString('delimiter', {
      nullable: true,
      description: 'The field delimiter. Null if it is detected.',
    }),
    encoding: t.exposeString('encoding', {
      nullable: true,
      description: 'The character encoding. Null if it is taken from the file or the server.',
    }),
    quoting: t.expose('quoting', { type: QuotingRef, description: 'What quotes mean in its files.' }),
    skipInitialSpace: t.exposeBoolean('skipInitialSpace', {
      description: 'Whether spaces after a delimiter are ignored.',
    }),
    sheet: t.exposeString('sheet', {
      nullable: true,
      description: 'The sheet to read in a workbook. Null for the only one with data.',
    }),
    mapping: t.field({
      type: [MappedColumnRef],
      ...costs({ size: PRODUCT_FIELDS }),
      description:
        'Which columns of its files become which fields, as given. Other fields are matched by name.',
      resolve: ({ mapping }) => mappingOf(mapping),
    }),
    defaults: t.field({
      type: [FieldDefaultRef],
      ...costs({ size: PRODUCT_FIELDS }),
      description: 'Values for blank fields, and for fields without a column.',
      resolve: ({ defaults }) => defaultsOf(defaults),
    }),
    keepColumns: t.exposeBoolean('keepColumns', {
      nullable: true,
      description:
        'Whether columns that become no field are kept as attributes of the products. Null for false, or what its profile says.',
    }),
    onDuplicate: t.expose('onDuplicate', {
      type: DuplicateRuleRef,
      nullable: true,
      description:
        'What happens to rows of its files that have the same SKU. Null for LAST_WINS, or what its profile says.',
    }),
    profile: t.exposeString('profile', {
      nullable: true,
      description:
        'The name of an import profile, which says how its content is read where the data source does not. Null if it names none.',
    }),
    maxRejectedRows: t.expose('maxRejectedRows', {
      type: 'SafeInt',
      nullable: true,
      description:
        'The maximum number of rejected rows; with more, an import fails. Null for the setting `MAX_REJECTED_ROWS`.',
    }),
    state: t.field({
      type: DataSourceStateRef,
      description: 'The current state.',
      resolve: (record) => sourceState(record),
    }),
    error: t.field({
      type: DataSourceErrorRef,
      nullable: true,
      description:
        'Why the last check or import failed, or with CHECK_POSTPONED, why a check waits. Null if none of them.',
      resolve: (record) => sourceError(record),
    }),
    consecutiveFailures: t.exposeInt('failures', {
      description: 'The number of failed checks and imports since the last successful one.',
    }),
    lastCheckAt: t.expose('lastCheckedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last checked. Null before the first check.',
    }),
    lastChangeAt: t.expose('lastChangedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a change was last detected. Null before the first one.',
    }),
    lastImportAt: t.expose('lastImportedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its content was last completely in the catalogue. Null before the first import.',
    }),
    nextCheckAt: t.expose('nextCheckAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it will be checked next. Null while it is paused.',
    }),
    currentImport: t.loadable({
      type: ImportRef,
      nullable: true,
      description: 'The running import of its content. Null if there is none.',
      load: importsByIds,
      resolve: ({ importId }) => importId,
      loaderOptions: UNCACHED,
    }),
    lastImport: t.loadable({
      type: ImportRef,
      nullable: true,
      description: 'The last completed import of its content. Null before the first one.',
      load: importsByIds,
      resolve: ({ lastImportId }) => lastImportId,
      loaderOptions: UNCACHED,
    }),
    deletionToConfirm: t.loadable({
      type: DataSourceDeletionRef,
      nullable: true,
      description:
        'A deletion that needs confirmation, or that is confirmed but not done yet. Null if there is none.',
      load: sourceDeletions,
      resolve: (record) => record,
      loaderOptions: UNCACHED,
    }),
    productCount: t.loadable({
      ...costs({ cost: STATEMENT }),
      type: 'SafeInt',
      description:
        'The number of products that it has imported and still contains (in mode UPSERT: has ever imported). Reads an index entry for each of them.',
      load: (ids: string[], { services }) => services.dataSources.countProducts(ids),
      resolve: ({ id }) => id,
      loaderOptions: UNCACHED,
    }),
    heldProductCount: t.loadable({
      type: 'SafeInt',
      description:
        'The number of products that the last import did not find but kept, because they may be in rows that could not be read. Mode REPLACE only.',
      load: heldProductCounts,
      resolve: (record) => record,
      loaderOptions: UNCACHED,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this state was written.' }),
  }),
});
