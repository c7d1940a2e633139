// Keeps the schema from those who should not learn it: without introspection, error messages suggest no names either.

import { type ExecutionArgs, NoSchemaIntrospectionCustomRule, type validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from '../../server-context.ts';

type Validate = typeof validate;

/** @param introspection whether clients may read the schema; strangers never may */
export function useSchemaPrivacy(introspection: boolean): Plugin {
  const isHidden = (context: unknown) =>
    !introspection || (context as Partial<ServerContext>).identity?.role === undefined;
  return {
    onValidate({ context, addValidationRule, validateFn, setValidationFn }) {
      if (!isHidden(context)) return;
      // By this rule, results are also cached apart from those of other clients.
      addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules) =>
        (validateFn as Validate)(schema, document, rules, { hideSuggestions: true }),
      );
    },
    onExecute: ({ args, context }) => hideIn(args, isHidden(context)),
    onSubscribe: ({ args, context }) => hideIn(args, isHidden(context)),
  };
}

/** Suggestions for wrong variables. */
function hideIn(args: object, isHidden: boolean): void {
  if (isHidden) (args as ExecutionArgs).hideSuggestions = true;
}
