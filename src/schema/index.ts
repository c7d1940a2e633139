// The schema: the builder, and all types and fields that add themselves to it.

import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import './root.ts';
import './error-extensions.ts';
import './catalogue/create-product.ts';
import './catalogue/delete-product.ts';
import './catalogue/product-queries.ts';
import './catalogue/product-count-queries.ts';
import './catalogue/product-counts-changed.ts';
import './catalogue/product-edits.ts';
import './catalogue/update-product.ts';
import './imports/import-corrections.ts';
import './imports/import-mutations.ts';
import './imports/import-profiles.ts';
import './imports/import-progress.ts';
import './imports/import-queries.ts';
import './imports/import-undo.ts';
import './imports/product-change.ts';
import './sources/data-source-changed.ts';
import './sources/data-source-mutations.ts';
import './sources/data-source-queries.ts';
import './viewer.ts';

let built: GraphQLSchema | undefined;

/** The same for all servers of a process: nothing changes it. */
export function buildSchema(): GraphQLSchema {
  built ??= builder.toSchema();
  return built;
}
