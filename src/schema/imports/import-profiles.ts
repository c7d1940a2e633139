// Import profiles.

import type { ImportProfile } from '../../db/sources/import-profile-store.ts';
import { checkId } from '../../resolvers/bad-input.ts';
import { costs, PRODUCT_FIELDS } from '../../resolvers/field-cost.ts';
import { defaultsOf, mappingOf } from '../../resolvers/imports/column-fields.ts';
import {
  deleteImportProfile,
  importProfiles,
  saveImportProfile,
} from '../../resolvers/imports/import-profiles.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { columnFields, FieldDefaultRef, MappedColumnRef } from './columns.ts';
import { dialectFields, QuotingRef } from './dialect.ts';
import { DuplicateRuleRef, ON_DUPLICATE } from './duplicate-rule.ts';

const MAX_REJECTED_ROWS =
  'The maximum number of rejected rows; with more, an import fails with TOO_MANY_REJECTED_ROWS.';

const ImportProfileInputRef = builder.inputType('ImportProfileInput', {
  description: 'A profile. Fields that are omitted or null have their defaults.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name, 1 to 200 characters.' }),
    ...dialectFields(t),
    ...columnFields(t),
    onDuplicate: t.field({ type: DuplicateRuleRef, description: ON_DUPLICATE }),
    maxRejectedRows: t.int({
      description: `${MAX_REJECTED_ROWS} 0 or more. Default: the setting \`MAX_REJECTED_ROWS\`.`,
    }),
  }),
});

const ImportProfileRef = builder.objectRef<ImportProfile>('ImportProfile').implement({
  description:
    'Options for reading files, kept under a name. An import that names the profile uses them as they are when it begins.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    name: t.exposeString('name', { description: 'The name. Unique among profiles.' }),
    delimiter: t.exposeString('delimiter', {
      nullable: true,
      description: 'The field delimiter. Null if it is detected.',
    }),
    encoding: t.exposeString('encoding', {
      nullable: true,
      description: 'The character encoding. Null for UTF-8, or what a byte order mark says.',
    }),
    quoting: t.expose('quoting', { type: QuotingRef, description: 'What quotes mean.' }),
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
      description: 'Which columns become which fields. Other fields are matched by name.',
      resolve: ({ mapping }) => mappingOf(mapping),
    }),
    defaults: t.field({
      type: [FieldDefaultRef],
      ...costs({ size: PRODUCT_FIELDS }),
      description: 'Values for blank fields, and for fields without a column.',
      resolve: ({ defaults }) => defaultsOf(defaults),
    }),
    keepColumns: t.boolean({
      description: 'Whether columns that become no field are kept as attributes of the products.',
      resolve: ({ keepColumns }) => keepColumns ?? false,
    }),
    onDuplicate: t.field({
      type: DuplicateRuleRef,
      description: 'What happens to rows of a file that have the same SKU.',
      resolve: ({ onDuplicate }) => onDuplicate ?? 'LAST_WINS',
    }),
    maxRejectedRows: t.expose('maxRejectedRows', {
      type: 'SafeInt',
      nullable: true,
      description: `${MAX_REJECTED_ROWS} Null for the setting \`MAX_REJECTED_ROWS\`.`,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first saved.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last saved.' }),
  }),
});

builder.queryFields((t) => ({
  importProfile: t.field({
    type: ImportProfileRef,
    nullable: true,
    authScopes: { reader: true },
    description: 'Returns an import profile by ID, or null if it does not exist.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The ID of the profile. BAD_USER_INPUT if it is not a UUID.',
      }),
    },
    resolve: async (_root, { id }, { services }) => (await services.profiles.get(checkId('id', id))) ?? null,
  }),
  importProfiles: t.connection(
    {
      type: ImportProfileRef,
      authScopes: { reader: true },
      description: 'Returns all import profiles, ordered by name.',
      resolve: (_root, args, context) => importProfiles(args, context),
    },
    {
      name: 'ImportProfileConnection',
      description: 'A page of import profiles.',
      fields: (connection) => ({
        totalCount: connection.field({
          type: 'SafeInt',
          description: 'The exact number of import profiles. Computed only if you request it.',
          resolve: (page) => page.totalCount(),
        }),
      }),
    },
    { name: 'ImportProfileEdge' },
  ),
}));

builder.mutationFields((t) => ({
  saveImportProfile: t.field({
    type: ImportProfileRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Adds an import profile, or replaces the one with the same name. If it changes, the content of data sources that name it is fetched and imported again. Errors: BAD_USER_INPUT, with all wrong fields in `extensions.fields`.',
    args: {
      input: t.arg({ type: ImportProfileInputRef, required: true, description: 'The profile to save.' }),
    },
    resolve: (_root, args, context) => saveImportProfile(args, context),
  }),
  deleteImportProfile: t.field({
    type: ImportProfileRef,
    nullable: true,
    authScopes: { writer: true },
    description:
      'Deletes an import profile. Imports that began with it go on; data sources that name it fail with PROFILE_NOT_FOUND until it is saved again, or they name another. Errors: NOT_FOUND.',
    args: { id: t.arg.id({ required: true, description: 'The ID of the profile, a UUID.' }) },
    resolve: (_root, { id }, context) => deleteImportProfile(id, context),
  }),
}));
