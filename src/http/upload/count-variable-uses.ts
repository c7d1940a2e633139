// Counts how often the executed fields of a mutation use a variable: fragments are followed, @skip and @include applied, and
// fields with the same response name count once.

import {
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type VariableNode,
  visit,
} from 'graphql';

/** @param args with a valid document. @returns 0 if its variables are invalid */
export function countVariableUses(variable: string, args: ExecutionArgs): number {
  let uses = 0;
  const Variable = {
    enter({ name }: VariableNode) {
      if (name.value === variable) uses++;
    },
  };
  for (const field of rootFields(args))
    for (const argument of field.arguments ?? []) visit(argument, { Variable });
  return uses;
}

function rootFields({ schema, document, operationName, variableValues }: ExecutionArgs): Iterable<FieldNode> {
  const fields = new Map<string, FieldNode>();
  const operation = getOperationAST(document, operationName);
  const { coerced } = getVariableValues(schema, operation?.variableDefinitions ?? [], variableValues ?? {});
  if (!operation || !coerced) return [];
  const isFragment = (node: { kind: Kind }): node is FragmentDefinitionNode =>
    node.kind === Kind.FRAGMENT_DEFINITION;
  const fragments = new Map(document.definitions.filter(isFragment).map((node) => [node.name.value, node]));

  const collect = ({ selections }: SelectionSetNode) => {
    for (const node of selections) {
      if (!isIncluded(node, coerced)) continue;
      if (node.kind === Kind.FIELD) {
        fields.set((node.alias ?? node.name).value, node);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        collect(node.selectionSet);
      } else {
        const fragment = fragments.get(node.name.value);
        // Spreading a fragment again adds nothing.
        fragments.delete(node.name.value);
        if (fragment) collect(fragment.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  return fields.values();
}

function isIncluded(node: SelectionNode, variables: Record<string, unknown>): boolean {
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false;
}
