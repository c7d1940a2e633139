// Limits on the shape of a document, whatever its fields cost: how deep it goes, and how often it asks for the same.

import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { documentError } from './document-error.ts';

export interface ShapeLimits {
  /** Fields inside of each other. */
  maxQueryDepth: number;
  /** In the whole document. */
  maxQueryAliases: number;
  /** Fields of an operation itself, repeated ones included. */
  maxRootFields: number;
}

/** At one place. */
const MAX_DIRECTIVES = 5;
/** What they select has limits of its own, in graphql-js. */
const INTROSPECTION = ['__schema', '__type'];

/**
 * @param document parsed, but not yet valid: its fragments may be missing or spread each other
 * @throws GraphQLError QUERY_TOO_COMPLEX
 */
export function checkShape(document: DocumentNode, limits: ShapeLimits): void {
  let aliases = 0;
  visit(document, {
    enter(node) {
      if (node.kind === Kind.FIELD && node.alias) aliases += 1;
      const { directives = [] } = node as { directives?: readonly unknown[] };
      if (directives.length > MAX_DIRECTIVES)
        throw tooComplex(`more than ${MAX_DIRECTIVES} directives at one place`, 'Remove some of them.');
    },
  });
  if (aliases > limits.maxQueryAliases)
    throw tooComplex(
      `${aliases} aliases, and the limit is ${limits.maxQueryAliases}`,
      'Split it into several requests, or ask for a list.',
    );
  const measure = new Measure(document);
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const { fields, depth } = measure.of(node.selectionSet);
    if (fields > limits.maxRootFields)
      throw tooComplex(
        `more than ${limits.maxRootFields} fields in one operation`,
        'Split it into several requests, or ask for a list.',
      );
    if (depth > limits.maxQueryDepth)
      throw tooComplex(
        `fields ${depth} deep, and the limit is ${limits.maxQueryDepth}`,
        'Load what is further inside with a request of its own.',
      );
  }
}

/** How many fields an operation has, repeated ones and those of fragments included. */
export function rootFieldsOf(document: DocumentNode, operation: OperationDefinitionNode): number {
  return new Measure(document).of(operation.selectionSet).fields;
}

interface Extent {
  /** Those of fragments included. */
  fields: number;
  depth: number;
}

const NONE: Extent = { fields: 0, depth: 0 };

class Measure {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** NONE while it is being measured, and so for fragments that spread each other, which is an error of its own. */
  readonly #extents = new Map<SelectionSetNode, Extent>();

  constructor({ definitions }: DocumentNode) {
    const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((node) => [node.name.value, node]));
  }

  of(node: SelectionSetNode): Extent {
    const found = this.#extents.get(node);
    if (found) return found;
    this.#extents.set(node, NONE);
    const parts = node.selections.map((each) => this.#ofSelection(each));
    const extent = {
      fields: parts.reduce((sum, { fields }) => sum + fields, 0),
      depth: Math.max(0, ...parts.map(({ depth }) => depth)),
    };
    this.#extents.set(node, extent);
    return extent;
  }

  #ofSelection(node: SelectionNode): Extent {
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = this.#fragments.get(node.name.value);
      return fragment ? this.of(fragment.selectionSet) : NONE;
    }
    if (node.kind === Kind.INLINE_FRAGMENT) return this.of(node.selectionSet);
    if (!node.selectionSet || INTROSPECTION.includes(node.name.value)) return { fields: 1, depth: 1 };
    return { fields: 1, depth: 1 + this.of(node.selectionSet).depth };
  }
}

function tooComplex(what: string, advice: string): GraphQLError {
  return documentError('QUERY_TOO_COMPLEX', `The document has ${what}. ${advice}`);
}
