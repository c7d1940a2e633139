// The schema: the builder, and all types that add themselves to it.

import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import './root.ts';
import './product.ts';
import './product-count.ts';
import './row-issue.ts';
import './import.ts';
import './data-source.ts';

export function buildSchema(): GraphQLSchema {
  return builder.toSchema();
}
