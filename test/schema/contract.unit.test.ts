// The printed schema has exactly the names that clients rely on, and explains each of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { buildSchema } from '../../src/schema/index.ts';

const CONNECTION = (node: string) => ({
  [`${node}Connection`]: [`edges: [${node}Edge!]!`, `nodes: [${node}!]!`, 'pageInfo: PageInfo!'],
  [`${node}Edge`]: ['cursor: String!', `node: ${node}!`],
});

const CONTRACT: Record<string, string[]> = {
  Mutation: [
    'addDataSource(input: AddDataSourceInput!): DataSource!',
    'cancelImport(id: ID!): Import!',
    'confirmDataSourceDeletion(id: ID!, importId: ID!): DataSource!',
    'deleteImportProfile(id: ID!): ImportProfile!',
    'importProducts(file: Upload!, options: ImportOptions): Import!',
    'inspectFile(file: Upload!, options: ImportOptions): FileInspection!',
    'pauseDataSource(id: ID!): DataSource!',
    'removeDataSource(id: ID!): DataSource!',
    'resumeDataSource(id: ID!): DataSource!',
    'retryImport(id: ID!): Import!',
    'saveImportProfile(input: ImportProfileInput!): ImportProfile!',
    'syncDataSource(id: ID!): DataSource!',
    'updateDataSource(id: ID!, input: UpdateDataSourceInput!): DataSource!',
    'updateProduct(input: UpdateProductInput!, sku: String!, updatedAt: DateTime): Product!',
  ],
  Query: [
    'dataSource(id: ID!): DataSource',
    'dataSources(after: String, before: String, first: Int, last: Int): DataSourceConnection!',
    'import(id: ID!): Import',
    'importProfile(id: ID!): ImportProfile',
    'importProfiles(after: String, before: String, first: Int, last: Int): ImportProfileConnection!',
    'imports(after: String, before: String, filter: ImportFilter, first: Int, last: Int): ImportConnection!',
    'product(sku: String!): Product',
    'productCountHistogram: [ProductCountBucket!]!',
    'productCountTotals: ProductCountTotals!',
    'productCountsByName(after: String, before: String, filter: ProductCountFilter, first: Int, last: Int, orderBy: ProductCountOrder): ProductCountConnection!',
    'products(after: String, before: String, filter: ProductFilter, first: Int, last: Int): ProductConnection!',
  ],
  Subscription: [
    'dataSourceChanged(id: ID): DataSource!',
    'importProgress(id: ID): Import!',
    'productCountsChanged(names: [String!]): ProductCountChange!',
  ],
  Product: ['description: String!', 'name: String!', 'sku: String!', 'updatedAt: DateTime!'],
  ProductCount: ['name: String!', 'productCount: SafeInt!'],
  ProductCountBucket: ['from: SafeInt!', 'names: SafeInt!', 'products: SafeInt!', 'to: SafeInt!'],
  ProductCountChange: ['at: DateTime!', 'counts: [ProductCount!]!', 'totals: ProductCountTotals!'],
  ProductCountTotals: ['names: SafeInt!', 'products: SafeInt!'],
  Import: [
    'bytesProcessed: SafeInt!',
    'bytesReceived: SafeInt!',
    'bytesTotal: SafeInt',
    'columns: [String!]',
    'createdAt: DateTime!',
    'defaults: [FieldDefault!]!',
    'delimiter: String',
    'encoding: String',
    'error: ImportError',
    'etaSeconds: Float',
    'fileName: String!',
    'finishedAt: DateTime',
    'id: ID!',
    'ignoredColumns: [String!]',
    'issueCounts: [RowIssueCount!]!',
    'issues(after: String, before: String, code: String, first: Int, kind: RowIssueKind, last: Int): RowIssueConnection!',
    'issuesUrl: String',
    'mapping: [MappedColumn!]',
    'percent: Float!',
    'profile: String',
    'quoting: Quoting!',
    'retryableUntil: DateTime',
    'revision: SafeInt!',
    'rows: ImportRows!',
    'rowsPerSecond: Float',
    'skipInitialSpace: Boolean!',
    'source: ImportSource',
    'startedAt: DateTime',
    'status: ImportStatus!',
    'updatedAt: DateTime!',
    'waitingFor: ImportWait',
    'waitingReason: String',
    'warnings: [ImportWarning!]!',
  ],
  FileInspection: [
    'columns: [String!]!',
    'delimiter: String!',
    'encoding: String!',
    'error: ImportError',
    'format: FileFormat!',
    'rows: [InspectedRow!]!',
    'suggestedMapping: [MappedColumn!]!',
    'warnings: [ImportWarning!]!',
  ],
  InspectedRow: ['issue: InspectedRowIssue', 'line: SafeInt!', 'values: [String!]!'],
  InspectedRowIssue: ['code: String!', 'message: String!'],
  ImportProfile: [
    'createdAt: DateTime!',
    'defaults: [FieldDefault!]!',
    'delimiter: String',
    'encoding: String',
    'id: ID!',
    'mapping: [MappedColumn!]!',
    'maxRejectedRows: SafeInt',
    'name: String!',
    'quoting: Quoting!',
    'skipInitialSpace: Boolean!',
    'updatedAt: DateTime!',
  ],
  ...CONNECTION('ImportProfile'),
  MappedColumn: ['column: String!', 'field: ProductField!', 'isGuessed: Boolean!'],
  FieldDefault: ['field: ProductField!', 'value: String!'],
  ImportWarning: ['code: String!', 'line: SafeInt', 'message: String!'],
  ImportSource: ['id: ID!', 'name: String!'],
  ImportRows: [
    'deleted: SafeInt!',
    'inserted: SafeInt!',
    'read: SafeInt!',
    'rejected: SafeInt!',
    'superseded: SafeInt!',
    'unchanged: SafeInt!',
    'updated: SafeInt!',
  ],
  ImportError: ['code: ErrorCode!', 'message: String!'],
  DataSource: [
    'consecutiveFailures: Int!',
    'createdAt: DateTime!',
    'currentImport: Import',
    'defaults: [FieldDefault!]!',
    'deletionToConfirm: DataSourceDeletion',
    'delimiter: String',
    'encoding: String',
    'error: DataSourceError',
    'headerNames: [String!]!',
    'heldProductCount: SafeInt!',
    'id: ID!',
    'intervalSeconds: Int!',
    'kind: DataSourceKind!',
    'lastChangeAt: DateTime',
    'lastCheckAt: DateTime',
    'lastImport: Import',
    'lastImportAt: DateTime',
    'mapping: [MappedColumn!]!',
    'maxDeletedShare: Float!',
    'maxRejectedRows: SafeInt',
    'mode: DataSourceMode!',
    'name: String!',
    'nextCheckAt: DateTime',
    'productCount: SafeInt!',
    'profile: String',
    'quoting: Quoting!',
    'skipInitialSpace: Boolean!',
    'state: DataSourceState!',
    'updatedAt: DateTime!',
    'url: String!',
  ],
  DataSourceError: ['code: ErrorCode!', 'message: String!'],
  DataSourceDeletion: [
    'importId: ID!',
    'isConfirmed: Boolean!',
    'of: SafeInt!',
    'products: SafeInt!',
    'skus: [String!]!',
  ],
  RowIssue: [
    'code: String!',
    'column: String',
    'kind: RowIssueKind!',
    'line: SafeInt!',
    'lineCount: Int',
    'message: String!',
    'record: String!',
    'recordIsWhole: Boolean!',
    'winningLine: SafeInt',
  ],
  RowIssueCount: ['code: String!', 'count: SafeInt!', 'kind: RowIssueKind!'],
  PageInfo: [
    'endCursor: String',
    'hasNextPage: Boolean!',
    'hasPreviousPage: Boolean!',
    'startCursor: String',
  ],
  ...CONNECTION('Product'),
  ...CONNECTION('ProductCount'),
  ...CONNECTION('Import'),
  ...CONNECTION('RowIssue'),
  ...CONNECTION('DataSource'),
  AddDataSourceInput: [
    'defaults: [ColumnDefault!]',
    'delimiter: String',
    'encoding: String',
    'headers: [DataSourceHeader!]',
    'intervalSeconds: Int',
    'kind: DataSourceKind!',
    'mapping: [ColumnMapping!]',
    'maxDeletedShare: Float',
    'maxRejectedRows: Int',
    'mode: DataSourceMode',
    'name: String!',
    'profile: String',
    'quoting: Quoting',
    'skipInitialSpace: Boolean',
    'url: String!',
  ],
  UpdateDataSourceInput: [
    'defaults: [ColumnDefault!]',
    'delimiter: String',
    'encoding: String',
    'headers: [DataSourceHeader!]',
    'intervalSeconds: Int',
    'kind: DataSourceKind',
    'mapping: [ColumnMapping!]',
    'maxDeletedShare: Float',
    'maxRejectedRows: Int',
    'mode: DataSourceMode',
    'name: String',
    'profile: String',
    'quoting: Quoting',
    'skipInitialSpace: Boolean',
    'url: String',
  ],
  DataSourceHeader: ['name: String!', 'value: String!'],
  ImportOptions: [
    'defaults: [ColumnDefault!]',
    'delimiter: String',
    'encoding: String',
    'id: ID',
    'mapping: [ColumnMapping!]',
    'maxRejectedRows: Int',
    'profile: String',
    'quoting: Quoting',
    'skipInitialSpace: Boolean',
  ],
  ImportProfileInput: [
    'defaults: [ColumnDefault!]',
    'delimiter: String',
    'encoding: String',
    'mapping: [ColumnMapping!]',
    'maxRejectedRows: Int',
    'name: String!',
    'quoting: Quoting',
    'skipInitialSpace: Boolean',
  ],
  ColumnMapping: ['column: String!', 'field: ProductField!'],
  ColumnDefault: ['field: ProductField!', 'value: String!'],
  UpdateProductInput: ['description: String', 'name: String'],
  ProductFilter: ['name: String', 'nameContains: String', 'search: String', 'skuPrefix: String'],
  ProductCountFilter: ['minProductCount: SafeInt', 'nameContains: String', 'namePrefix: String'],
  ImportFilter: ['sourceId: ID', 'status: ImportStatus'],
  ImportStatus: ['CANCELLED', 'COMPLETED', 'FAILED', 'LOADING', 'MERGING', 'RECEIVING'],
  FileFormat: ['GZIP', 'PLAIN', 'ZIP', 'ZSTD'],
  ProductField: ['DESCRIPTION', 'NAME', 'SKU'],
  ErrorCode: [
    'AMBIGUOUS_COLUMN',
    'ARCHIVE_NOT_ONE_FILE',
    'BAD_MULTIPART',
    'BAD_REQUEST',
    'BAD_USER_INPUT',
    'CONFLICT',
    'CORRUPT_ARCHIVE',
    'CROSS_ORIGIN_REQUEST',
    'DATABASE_FULL',
    'DATABASE_REJECTED_ROWS',
    'DATABASE_UNAVAILABLE',
    'DELETION_NOT_CONFIRMED',
    'DUPLICATE_COLUMN',
    'EMPTY_FILE',
    'FILE_TOO_LARGE',
    'GRAPHQL_PARSE_FAILED',
    'GRAPHQL_VALIDATION_FAILED',
    'HEADER_TOO_LARGE',
    'IMPORT_CANCELLED',
    'IMPORT_FINISHED',
    'IMPORT_ID_TAKEN',
    'INTERNAL',
    'INVALID_ENCODING',
    'MISSING_COLUMN',
    'NOT_ACCEPTABLE',
    'NOT_A_CSV',
    'NOT_FOUND',
    'NOT_RETRYABLE',
    'NO_DELETION_TO_CONFIRM',
    'OPERATION_RESOLUTION_FAILURE',
    'PERSISTED_QUERY_NOT_SUPPORTED',
    'PROFILE_NOT_FOUND',
    'QUERY_TIMEOUT',
    'SHUTTING_DOWN',
    'SOURCE_ADDRESS_REFUSED',
    'SOURCE_INTERRUPTED',
    'SOURCE_NOT_DATA',
    'SOURCE_REDIRECTS',
    'SOURCE_STATUS',
    'SOURCE_TIMEOUT',
    'SOURCE_UNREACHABLE',
    'SPOOL_FULL',
    'SPOOL_UNAVAILABLE',
    'TOO_MANY_REJECTED_ROWS',
    'UNBALANCED_QUOTE',
    'UNSUPPORTED_MEDIA_TYPE',
    'UPLOAD_INTERRUPTED',
    'UPLOAD_TOO_SLOW',
  ],
  ImportWait: ['DATABASE', 'IMPORT_LIMIT', 'MERGE_TURN', 'SPOOL'],
  Quoting: ['NONE', 'STANDARD'],
  RowIssueKind: ['REJECTED', 'SUPERSEDED'],
  DataSourceKind: ['HTTP', 'SENSE_READ'],
  DataSourceMode: ['REPLACE', 'UPSERT'],
  DataSourceState: [
    'CHECKING',
    'CONFIRMATION_NEEDED',
    'FAILING',
    'FETCHING',
    'IDLE',
    'IMPORTING',
    'PAUSED',
    'REMOVED',
  ],
  ProductCountOrder: ['COUNT_DESC', 'NAME_ASC'],
  DateTime: [],
  SafeInt: [],
  Upload: [],
};
for (const counted of ['ProductConnection', 'ProductCountConnection']) {
  CONTRACT[counted]?.push('totalCount: SafeInt!');
}

test('the schema has exactly the names of the contract', () => {
  const found = Object.fromEntries(ownTypes(buildSchema()).map((type) => [type.name, membersOf(type)]));
  assert.deepEqual(found, CONTRACT);
});

test('every type, field, argument and enum value has a description', () => {
  const silent = ownTypes(buildSchema()).flatMap((type) => [
    ...(type.description ? [] : [type.name]),
    ...partsOf(type)
      .filter(({ description }) => !description)
      .map(({ name }) => `${type.name}.${name}`),
  ]);
  assert.deepEqual(silent, []);
});

test('the schema can be built again, as two servers in one process do', () => {
  assert.notEqual(buildSchema(), buildSchema());
});

type OwnType = ReturnType<GraphQLSchema['getTypeMap']>[string];

function ownTypes(schema: GraphQLSchema): OwnType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );
}

function membersOf(type: OwnType): string[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => name);
  if (isScalarType(type)) return [];
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => `${field.name}: ${field.type}`);
  }
  assert.ok(isObjectType(type), `${type} is of a kind that is not expected`);
  return Object.values(type.getFields()).map(({ name, args, type: result }) => {
    const written = args.map((argument) => `${argument.name}: ${argument.type}`).join(', ');
    return `${name}${written && `(${written})`}: ${result}`;
  });
}

function partsOf(type: OwnType): { name: string; description?: string | null | undefined }[] {
  if (isEnumType(type)) return [...type.getValues()];
  if (isInputObjectType(type)) return Object.values(type.getFields());
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    field,
    ...field.args.map(({ name, description }) => ({ name: `${field.name}(${name})`, description })),
  ]);
}
