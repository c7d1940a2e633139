// The inputs that add and change data sources.

import { builder, type InputFieldBuilder } from '../builder.ts';
import { columnFields } from '../imports/columns.ts';
import { dialectFields } from '../imports/dialect.ts';
import { DuplicateRuleRef, ON_DUPLICATE } from '../imports/duplicate-rule.ts';
import { DataSourceKindRef, DataSourceModeRef } from './data-source-enums.ts';

const DataSourceHeaderRef = builder.inputType('DataSourceHeader', {
  description: 'An HTTP header sent with each request to a data source, such as `Authorization`.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name of the header.' }),
    value: t.string({ required: true, description: 'The value. It cannot be read later.' }),
  }),
});

/** How its content is read: the fields of ImportOptions, except for those that concern a single upload. */
function readingFields(t: InputFieldBuilder) {
  return {
    ...dialectFields(t),
    ...columnFields(t),
    onDuplicate: t.field({ type: DuplicateRuleRef, description: ON_DUPLICATE }),
    profile: t.string({
      description:
        'The name of an import profile: it says how the content is read where these fields do not. Default: none.',
    }),
    encoding: t.string({
      description:
        'The character encoding, such as `windows-1252`. A byte order mark takes precedence. Default: the `charset` of the Content-Type sent by the server, or else UTF-8.',
    }),
    maxRejectedRows: t.int({
      description:
        'The maximum number of rejected rows; with more, an import fails with TOO_MANY_REJECTED_ROWS. 0 or more. Default: the setting `MAX_REJECTED_ROWS`.',
    }),
  };
}

export const AddDataSourceInputRef = builder.inputType('AddDataSourceInput', {
  description: 'A new data source.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'The name, 1 to 200 characters. Unique among data sources.',
    }),
    kind: t.field({ type: DataSourceKindRef, required: true, description: 'How changes are detected.' }),
    url: t.string({
      required: true,
      description: 'An HTTP or HTTPS address without user name and password. It is visible to everyone.',
    }),
    intervalSeconds: t.int({
      description: 'The time between two checks, in seconds: 1 to 2,592,000 (30 days). Default: 300.',
    }),
    mode: t.field({
      type: DataSourceModeRef,
      description: 'What happens to products that it no longer contains. Default: UPSERT.',
    }),
    maxDeletedShare: t.float({
      description:
        'In mode REPLACE, the maximum share of its products that an import may delete without confirmation: 0 (always ask) to 1 (never ask). Default: 0.2.',
    }),
    headers: t.field({
      type: [DataSourceHeaderRef],
      description: 'HTTP headers to send with each request. Default: none.',
    }),
    ...readingFields(t),
  }),
});

export const UpdateDataSourceInputRef = builder.inputType('UpdateDataSourceInput', {
  description:
    'Changes to a data source. Omitted fields keep their values. Set `delimiter`, `encoding`, `quoting`, `skipInitialSpace`, `sheet`, `mapping`, `defaults`, `keepColumns`, `onDuplicate`, `profile` or `maxRejectedRows` to null to restore the default. If the address, the headers or the way the content is read changes, the content is fetched and imported again.',
  fields: (t) => ({
    name: t.string({ description: 'The new name.' }),
    kind: t.field({ type: DataSourceKindRef, description: 'How changes are detected.' }),
    url: t.string({
      description: 'The new address. Everything known about the content of the old one is discarded.',
    }),
    intervalSeconds: t.int({ description: 'The time between two checks, in seconds: 1 to 2,592,000.' }),
    mode: t.field({
      type: DataSourceModeRef,
      description: 'What happens to products that it no longer contains. Takes effect with the next import.',
    }),
    maxDeletedShare: t.float({
      description:
        'The maximum share of its products that an import may delete without confirmation, 0 to 1. Takes effect with the next import.',
    }),
    headers: t.field({
      type: [DataSourceHeaderRef],
      description: 'Replaces all headers. Pass an empty list to remove them.',
    }),
    ...readingFields(t),
  }),
});
