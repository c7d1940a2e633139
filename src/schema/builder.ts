// The builder that all types are made with, and the scalars; it holds no types itself.

import SchemaBuilder from '@pothos/core';
import { GraphQLDateTime, GraphQLSafeInt } from 'graphql-scalars';
import { GraphQLUpload } from 'graphql-upload-minimal';
import type { Context } from '../resolvers/context.ts';
import type { Upload } from '../resolvers/imports.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    Upload: { Input: Promise<Upload>; Output: never };
    SafeInt: { Input: number; Output: number };
    DateTime: { Input: Date; Output: Date };
  };
}>({ defaultFieldNullability: false });

builder.addScalarType('Upload', GraphQLUpload, {
  description: 'A file, sent in a GraphQL multipart request.',
});
builder.addScalarType('SafeInt', GraphQLSafeInt, {
  description: 'A whole number of up to 53 bits: one that JavaScript holds exactly.',
});
builder.addScalarType('DateTime', GraphQLDateTime, {
  description: 'An instant in UTC, as RFC 3339 writes it, such as 2007-12-03T10:15:30.000Z.',
});
