// Checks GraphQL documents: size, nesting, shape and operation name. Errors have the same code over HTTP and WebSocket, and
// whether or not the document is cached.

import {
  type DocumentNode,
  GraphQLError,
  getOperationAST,
  Lexer,
  Source,
  TokenKind,
  type validate,
} from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { ErrorCode } from '../../../codes/error-codes.ts';
import { httpError } from '../../http-error.ts';
import { checkShape, type ShapeLimits } from './document-shape.ts';

/** Bounds the size of a document, and with it the number of aliases. */
const MAX_TOKENS = 2000;
/** Nesting of brackets of any kind. The parser is recursive and would overflow the stack at a few thousand. */
const MAX_DEPTH = 200;

type Parse = (source: string | Source, options?: object) => DocumentNode;
type Validate = typeof validate;

export function useDocumentCheck(limits: ShapeLimits): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source: string | Source, options?: object) =>
        parseWithin(parseFn as Parse, source, options, limits),
      );
      return ({ result, context }) => {
        const { operationName } = (context as { params?: GraphQLParams }).params ?? {};
        if (!(result instanceof Error)) checkOperation(result as DocumentNode, operationName);
      };
    },
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((...args) => validateWithin(validateFn as Validate, args as Parameters<Validate>));
    },
  };
}

/** @throws GraphQLError GRAPHQL_PARSE_FAILED or QUERY_TOO_COMPLEX */
function parseWithin(
  parse: Parse,
  source: string | Source,
  options: object | undefined,
  limits: ShapeLimits,
): DocumentNode {
  const document = parseSmall(parse, source, options);
  checkShape(document, limits);
  return document;
}

/** @throws GraphQLError GRAPHQL_PARSE_FAILED */
function parseSmall(parse: Parse, source: string | Source, options: object | undefined): DocumentNode {
  try {
    checkDepth(typeof source === 'string' ? new Source(source) : source);
    return parse(source, { ...options, maxTokens: MAX_TOKENS });
  } catch (error) {
    throw withCode('GRAPHQL_PARSE_FAILED', error);
  }
}

function validateWithin(run: Validate, args: Parameters<Validate>): readonly GraphQLError[] {
  try {
    return run(...args);
  } catch (error) {
    return [withCode('GRAPHQL_VALIDATION_FAILED', error)];
  }
}

/** @throws GraphQLError */
function checkDepth(source: Source): void {
  const lexer = new Lexer(source);
  let depth = 0;
  for (let tokens = 0; tokens < MAX_TOKENS; tokens += 1) {
    const { kind } = lexer.advance();
    if (kind === TokenKind.EOF) return;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) depth += 1;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) depth -= 1;
    if (depth > MAX_DEPTH)
      throw new GraphQLError(`${TOO_DEEP}: its brackets are nested deeper than ${MAX_DEPTH}.`);
  }
}

const TOO_DEEP = 'The document is nested too deeply';

/** Any RangeError is a stack overflow, whose message means nothing to a client. */
function withCode(code: ErrorCode, error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError || error instanceof RangeError)) throw error;
  const { message, nodes, source, positions } =
    error instanceof GraphQLError
      ? error
      : new GraphQLError(`${TOO_DEEP}. Use fewer fragments and brackets.`);
  const extensions = { code, http: { spec: true, status: 400 } };
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions,
  });
}

/** @throws GraphQLError OPERATION_RESOLUTION_FAILURE */
function checkOperation(document: DocumentNode, operationName: string | null | undefined): void {
  if (getOperationAST(document, operationName)) return;
  const message =
    operationName == null
      ? 'The document has several operations, or none. Send one, or name the one to run in "operationName".'
      : `The document has no operation ${JSON.stringify(operationName)}. Name one of its operations in "operationName".`;
  throw httpError(400, 'OPERATION_RESOLUTION_FAILURE', message);
}
