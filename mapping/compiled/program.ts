import type { Json } from '../../domain/json.ts';
import type { ParseNode } from '../inspection.ts';
import { compileCall, compileChain } from './calls.ts';
import { compileBlock, compileCondition, compileList } from './constructs.ts';
import { compileFilter } from './filter.ts';
import { type Code, Frame, unbound } from './frame.ts';
import { compileGroup } from './group.ts';
import { compileLambda } from './lambdas.ts';
import { named, readerOf } from './names.ts';
import { compileBinary, compileNegation } from './operators.ts';
import { compilePartial } from './partial.ts';
import { compilePath } from './path.ts';
import { compileRegexNode } from './regex.ts';
import type { Run } from './run.ts';
import { boundIn, NotCompiled, Scope } from './scope.ts';
import { asContext, settled, settledAsList } from './sequence.ts';
import { compileTransform } from './transform.ts';
import { compileBinding, compileVariable, ROOT } from './variables.ts';
import { compileDescendants, compileWildcard } from './wildcards.ts';

/** An expression as functions that call each other: evaluates it on an input, at once. */
export type Program = (input: Json, run: Run) => unknown;

/**
 * Makes a program of an expression's parse tree, which `inspect` has prepared. It yields what the library yields, without
 * its promise for every node. `null`: the expression has something that only the library does (`%`, `@`, `#`).
 */
export function compileTree(tree: ParseNode): Program | null {
  try {
    const scope = new Scope(compileNode, [ROOT, ...boundIn(tree)]);
    const code = scope.code(tree);
    const size = scope.names.length;
    return (input, run) => {
      const values = unbound(size);
      values[0] = input;
      return code(asContext(input), new Frame(run, null, values));
    };
  } catch (error) {
    if (error instanceof NotCompiled) return null;
    throw error;
  }
}

type Compile = (node: ParseNode, scope: Scope) => Code;

const UNARY: Readonly<Record<string, Compile>> = { '-': compileNegation, '[': compileList, '{': compileGroup };

const constant: Compile = ({ value }) => {
  return () => value;
};

const COMPILE: Readonly<Record<string, Compile>> = {
  path: compilePath,
  binary: compileBinary,
  unary: (node, scope) => (UNARY[node.value as string] as Compile)(node, scope),
  name: ({ value }) => {
    const read = readerOf(value as string);
    return (input) => named(input, read);
  },
  string: constant,
  number: constant,
  value: constant,
  wildcard: compileWildcard,
  descendant: compileDescendants,
  condition: compileCondition,
  block: compileBlock,
  bind: compileBinding,
  regex: compileRegexNode,
  function: compileCall,
  variable: compileVariable,
  lambda: compileLambda,
  partial: compilePartial,
  apply: compileChain,
  transform: compileTransform,
};

/** Nodes whose values are no sequences, and paths, which settle by themselves. */
const SETTLED = new Set([
  'path',
  'binary',
  'unary',
  'string',
  'number',
  'value',
  'regex',
  'lambda',
  'partial',
  'transform',
]);

function compileNode(node: ParseNode, scope: Scope): Code {
  const compile = COMPILE[node.type];
  if (compile === undefined) throw new NotCompiled(`${node.type} is left to the library`);
  const filters = ((node.predicate ?? []) as readonly ParseNode[]).map((filter) => compileFilter(filter, scope));
  const group = node.group === undefined || node.type === 'path' ? null : compileGroup(node.group as ParseNode, scope);
  const code = compile(node, scope);
  const settle = node.keepArray ? settledAsList : settled;
  if (filters.length === 0 && group === null) {
    if (SETTLED.has(node.type) && !node.keepArray) return code;
    return (input, frame) => settle(code(input, frame));
  }
  if (endsInCall(node)) throw new NotCompiled('a predicate behind a call that ends a function');
  return (input, frame) => {
    let value = code(input, frame);
    for (const filter of filters) value = filter(value, frame);
    return settle(group === null ? value : group(value, frame));
  };
}

/** The call is made when the function is done: only then there is a value. */
function endsInCall(node: ParseNode): boolean {
  const { type, thunk, expressions } = node;
  if (type === 'block') return endsInCall((expressions as ParseNode[]).at(-1) ?? { type: 'value' });
  if (type === 'condition')
    return [node.then, node.else].some((part) => part !== undefined && endsInCall(part as ParseNode));
  return type === 'lambda' && thunk === true;
}
