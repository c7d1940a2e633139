// Which columns of a file become which fields of a product.

import type { MappedColumn } from '../../db/tables.ts';
import type { FieldDefault } from '../../resolvers/imports/column-fields.ts';
import { builder, type InputFieldBuilder } from '../builder.ts';

const ProductFieldRef = builder.enumType('ProductField', {
  description: 'A field of a product that a column of a file can become.',
  values: {
    SKU: { value: 'sku', description: 'The SKU, which identifies the product.' },
    NAME: { value: 'name', description: 'The name.' },
    DESCRIPTION: { value: 'description', description: 'The description.' },
  } as const,
});

const ColumnMappingRef = builder.inputType('ColumnMapping', {
  description: 'Says which field a column becomes.',
  fields: (t) => ({
    column: t.string({
      required: true,
      description:
        'The name of the column in the header, up to 1,000 characters. Letter case and surrounding spaces are ignored.',
    }),
    field: t.field({ type: ProductFieldRef, required: true, description: 'What it becomes.' }),
  }),
});

const ColumnDefaultRef = builder.inputType('ColumnDefault', {
  description: 'A value for a field that is blank, or for which the file has no column.',
  fields: (t) => ({
    field: t.field({
      type: ProductFieldRef,
      required: true,
      description: 'NAME or DESCRIPTION. A SKU has no default, as each product needs its own.',
    }),
    value: t.string({
      required: true,
      description:
        'The value. A name must be valid: not blank, up to 512 characters. A description may be empty, and has up to 10,000 characters.',
    }),
  }),
});

export function columnFields(t: InputFieldBuilder) {
  return {
    mapping: t.field({
      type: [ColumnMappingRef],
      description:
        "Which column becomes which field: at most one for each field. Fields that are not named are matched by their own name, or else by the usual names of shop systems' exports, such as `Variant SKU` or `Body (HTML)`, where only one column has such a name.",
    }),
    defaults: t.field({
      type: [ColumnDefaultRef],
      description:
        'Values for blank fields, and for fields without a column: at most one for each field. Default: none.',
    }),
    keepColumns: t.boolean({
      description:
        'Whether columns that become no field are kept as `Product.attributes`, under their names in the header. Default: false; then attributes stay as they are.',
    }),
  };
}

export const MappedColumnRef = builder.objectRef<MappedColumn>('MappedColumn').implement({
  description: 'A column, and the field of a product that it becomes.',
  fields: (t) => ({
    column: t.exposeString('column', { description: 'The name of the column.' }),
    field: t.expose('field', { type: ProductFieldRef, description: 'What it becomes.' }),
    isGuessed: t.exposeBoolean('isGuessed', {
      description:
        "Whether the column was recognized by its usual name in a shop system's export. False if it has the name of the field, or a client has named it.",
    }),
  }),
});

export const FieldDefaultRef = builder.objectRef<FieldDefault>('FieldDefault').implement({
  description: 'The value of a field that is blank, or for which the file has no column.',
  fields: (t) => ({
    field: t.expose('field', { type: ProductFieldRef, description: 'The field.' }),
    value: t.exposeString('value', { description: 'The value.' }),
  }),
});
