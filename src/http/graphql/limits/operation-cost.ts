// What an operation costs, before it is executed: a value for each field of the largest possible result, and more for
// fields that make the database work (src/resolvers/field-cost.ts).
//
// A page multiplies what is selected of its items, and nothing else: its total is counted once. Fields that `@skip` would
// leave out count too.

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  type InlineFragmentNode,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { type FieldCost, type RawArguments, STATEMENT } from '../../../resolvers/field-cost.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../../resolvers/pagination.ts';

export interface OperationCost {
  total: number;
  /** The path of the dearest field, such as `products.totalCount`. */
  dearest: string;
}

type Variables = Readonly<Record<string, unknown>>;
type Field = GraphQLField<unknown, unknown>;
type Fragment = FragmentDefinitionNode | InlineFragmentNode;

/** Of what is selected in an object. */
interface SelectionCost {
  once: number;
  /** If the object is a page: of one item, and how often its total is asked for. */
  item: number;
  totals: number;
}

const NOTHING: SelectionCost = { once: 0, item: 0, totals: 0 };

/** Of lists whose fields do not say how long they get. */
const DEFAULT_LIST_SIZE = 10;
const ITEMS = ['nodes', 'edges'];
const TOTAL = 'totalCount';

/** Costs of operations that do not depend on variables. */
const known = new WeakMap<OperationDefinitionNode, OperationCost>();

/** @param document valid in the schema */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): OperationCost {
  const found = known.get(operation);
  if (found) return found;
  const calculation = new Calculation(schema, document, operation, variables);
  const cost = calculation.result();
  if (!calculation.readsVariables) known.set(operation, cost);
  return cost;
}

class Calculation {
  readsVariables = false;
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Variables;
  /** A fragment is looked at once, however often it is spread. */
  readonly #selections = new Map<SelectionSetNode, SelectionCost>();

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
  ) {
    this.#schema = schema;
    this.#operation = operation;
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((node) => [node.name.value, node]));
    const defaults = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    );
    this.#variables = { ...Object.fromEntries(defaults), ...variables };
  }

  result(): OperationCost {
    const root = this.#schema.getRootType(this.#operation.operation);
    if (!root) return { total: 0, dearest: '' };
    const { once } = this.#selection(this.#operation.selectionSet, root);
    return { total: once, dearest: this.#dearestIn(this.#operation.selectionSet, root).join('.') };
  }

  #selection(node: SelectionSetNode, type: GraphQLCompositeType): SelectionCost {
    const found = this.#selections.get(node);
    if (found) return found;
    const sum = { ...NOTHING };
    for (const each of node.selections) {
      const cost = this.#cost(each, type);
      sum.once += cost.once;
      sum.item += cost.item;
      sum.totals += cost.totals;
    }
    this.#selections.set(node, sum);
    return sum;
  }

  #cost(node: SelectionNode, type: GraphQLCompositeType): SelectionCost {
    if (node.kind === Kind.FIELD) return this.#field(node, type);
    const fragment = this.#fragment(node);
    if (!fragment) return NOTHING;
    return this.#selection(fragment.selectionSet, this.#typeOf(fragment, type));
  }

  #field(node: FieldNode, parent: GraphQLCompositeType): SelectionCost {
    const field = fieldOf(parent, node);
    if (!field) return { ...NOTHING, once: 1 };
    if (field.name === TOTAL && isPage(parent)) return { ...NOTHING, totals: 1 };
    const declared = (field.extensions['cost'] ?? {}) as FieldCost;
    const type = getNamedType(field.type);
    const args = this.#arguments(node, declared, isPage(type));
    const own = numberOf(declared.cost, args) ?? (this.#isRoot(parent) ? STATEMENT : 1);
    if (!node.selectionSet || !isCompositeType(type)) return { ...NOTHING, once: own };
    const selected = this.#selection(node.selectionSet, type);
    if (isPage(type)) {
      const totals = selected.totals * (declared.total ?? STATEMENT);
      return { ...NOTHING, once: own + selected.once + totals + pageSize(declared, args) * selected.item };
    }
    const each = 1 + selected.once;
    if (isPage(parent) && ITEMS.includes(field.name)) return { ...NOTHING, once: own, item: each };
    if (!isListType(getNullableType(field.type))) return { ...NOTHING, once: own + selected.once };
    return { ...NOTHING, once: own + (numberOf(declared.size, args) ?? DEFAULT_LIST_SIZE) * each };
  }

  #isRoot(type: GraphQLCompositeType): boolean {
    return type === this.#schema.getRootType(this.#operation.operation);
  }

  /** Only where the cost depends on them: values can be large. */
  #arguments(node: FieldNode, { cost, size }: FieldCost, page: boolean): RawArguments {
    if (!page && typeof cost !== 'function' && typeof size !== 'function') return {};
    const entries = (node.arguments ?? []).map(({ name, value }) => {
      if (value.kind !== Kind.INT && value.kind !== Kind.ENUM) this.readsVariables = true;
      return [name.value, valueFromASTUntyped(value, this.#variables)];
    });
    return Object.fromEntries(entries);
  }

  #fragment(node: FragmentSpreadNode | InlineFragmentNode): Fragment | undefined {
    return node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value);
  }

  #typeOf({ typeCondition }: Fragment, parent: GraphQLCompositeType): GraphQLCompositeType {
    const type = typeCondition && this.#schema.getType(typeCondition.name.value);
    return isCompositeType(type) ? type : parent;
  }

  /** The names of the fields that cost most, from the root on: aliases of a field count together. */
  #dearestIn(node: SelectionSetNode, type: GraphQLCompositeType, totalCost = STATEMENT): string[] {
    const sums = new Map<string, { cost: number; node: SelectionNode }>();
    for (const each of node.selections) {
      const name = each.kind === Kind.INLINE_FRAGMENT ? '...' : each.name.value;
      const { once, item, totals } = this.#cost(each, type);
      const sum = sums.get(name);
      sums.set(name, { cost: (sum?.cost ?? 0) + once + item + totals * totalCost, node: each });
    }
    const [dearest] = [...sums.values()].sort((one, other) => other.cost - one.cost);
    return dearest ? this.#pathOf(dearest.node, type) : [];
  }

  #pathOf(node: SelectionNode, type: GraphQLCompositeType): string[] {
    if (node.kind !== Kind.FIELD) {
      const fragment = this.#fragment(node);
      return fragment ? this.#dearestIn(fragment.selectionSet, this.#typeOf(fragment, type)) : [];
    }
    const field = fieldOf(type, node);
    const inner = field && getNamedType(field.type);
    const declared = (field?.extensions['cost'] ?? {}) as FieldCost;
    const isDear = typeof declared.cost === 'number' && declared.cost > STATEMENT;
    if (isDear || !node.selectionSet || !isCompositeType(inner)) return [node.name.value];
    return [node.name.value, ...this.#dearestIn(node.selectionSet, inner, declared.total)];
  }
}

function fieldOf(type: GraphQLCompositeType, { name }: FieldNode): Field | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : undefined;
}

function isPage(type: unknown): boolean {
  return isObjectType(type) && 'pageInfo' in type.getFields();
}

/** What is out of range is refused by the resolver. */
function pageSize({ size }: FieldCost, args: RawArguments): number {
  const asked = args['last'] ?? args['first'] ?? numberOf(size, args) ?? DEFAULT_PAGE_SIZE;
  return typeof asked === 'number' ? Math.min(Math.max(asked, 0), MAX_PAGE_SIZE) : MAX_PAGE_SIZE;
}

function numberOf(given: FieldCost['cost'], args: RawArguments): number | undefined {
  return typeof given === 'function' ? given(args) : given;
}
