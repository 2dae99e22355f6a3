import { FUNCTIONS, ONLY_COMPARED, RANGE, REFUSED } from './built-ins.ts';
import type { ExpressionFault } from './errors.ts';
import { CompiledRegex, compileRegex } from './regular-expression.ts';

/** A node of the engine's parse tree: what it holds depends on its type. */
export interface ParseNode {
  type: string;
  value?: unknown;
  position?: number;
  [key: string]: unknown;
}

export interface Inspection {
  /** The first thing in the text that is refused. */
  readonly fault: ExpressionFault | null;
  /** It makes objects by `{…}`. */
  readonly makesObjects: boolean;
}

const COMPARISONS = new Set(['=', '!=', '<', '<=', '>', '>=', 'in']);

/** Parts of a node that hold no nodes of the tree. */
const NO_CHILDREN = new Set(['value', 'signature', 'slot', 'ancestor', 'seekingParent']);

/**
 * Looks through a parse tree once: finds what is refused, and prepares what is left for evaluation. Regular expressions
 * become RE2's, and `[a..b]` becomes a call of a capped function, so that bounds that the record supplies are checked
 * as well. The engine evaluates the very tree that is changed here.
 */
export function inspect(tree: ParseNode): Inspection {
  const inspector = new Inspector();
  inspector.visit(tree, false);
  const { faults, regexes, makesObjects } = inspector;
  for (const node of inspector.lostRegexes) node.value = regexes.get(node.position);
  const unknown = inspector.unknown();
  const [fault = null] = [...faults, ...unknown].sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  return { fault, makesObjects };
}

class Inspector {
  readonly faults: ExpressionFault[] = [];
  readonly regexes = new Map<number | undefined, CompiledRegex>();
  /**
   * The parser copies the left side of `??` and `?:` by way of JSON, which leaves `{}` of a regular expression; the
   * engine makes `/(?:)/` of it and never ends. The original is at the same position in the same tree.
   */
  readonly lostRegexes: ParseNode[] = [];
  makesObjects = false;
  private hasLambda = false;
  private readonly bound = new Set<unknown>(['', '$']);
  private readonly variables: ParseNode[] = [];
  private readonly namedCalls: ParseNode[] = [];

  visit(node: ParseNode, compared: boolean): void {
    const { type, value } = node;
    if (type === 'regex') this.regex(node);
    else if (type === 'variable') this.variable(node, compared);
    else if (type === 'lambda') this.lambda(node);
    else if (type === 'bind') this.bound.add((node.lhs as ParseNode).value);
    else if (type === 'function') this.call(node);
    else if (type === 'binary' && value === '..') capRange(node);
    if (typeof node.focus === 'string') this.bound.add(node.focus);
    if (typeof node.index === 'string') this.bound.add(node.index);
    if (type === 'index') this.bound.add(value);
    if (node.group !== undefined || (type === 'unary' && value === '{')) this.makesObjects = true;
    const inComparison = compared || (type === 'binary' && COMPARISONS.has(value as string));
    this.visitParts(node, inComparison);
  }

  private visitParts(parts: object, compared: boolean): void {
    for (const [key, part] of Object.entries(parts)) {
      if (typeof part !== 'object' || part === null || NO_CHILDREN.has(key)) continue;
      if (typeof part.type === 'string') this.visit(part, compared);
      else this.visitParts(part, compared);
    }
  }

  private regex(node: ParseNode): void {
    if (node.value instanceof RegExp) {
      const { source, flags } = node.value;
      try {
        const compiled = compileRegex(node.value);
        this.regexes.set(node.position, compiled);
        node.value = compiled;
      } catch (error) {
        // The parser notes where the token ends; `flags` holds one that it adds.
        const length = source.length + flags.length + 1;
        this.faults.push({ detail: (error as Error).message, position: startOf(node, length) });
      }
    } else if (!(node.value instanceof CompiledRegex)) this.lostRegexes.push(node);
  }

  private variable(node: ParseNode, compared: boolean): void {
    const name = node.value as string;
    const why = REFUSED.get(name) ?? (compared ? undefined : ONLY_COMPARED.get(name));
    if (why !== undefined) this.fault(node, `$${name} is refused: ${why}`);
    else this.variables.push(node);
  }

  private lambda(node: ParseNode): void {
    this.hasLambda = true;
    for (const argument of node.arguments as ParseNode[]) this.bound.add(argument.value);
    const signature = node.signature as { validate?: unknown } | undefined;
    if (signature !== undefined && typeof signature.validate !== 'function') {
      this.faults.push({
        detail: 'a function with a signature does not work left of ?? or ?:; bind it to a variable first',
        position: node.position ?? null,
      });
    }
  }

  private call(node: ParseNode): void {
    const { type, steps } = node.procedure as ParseNode;
    const [step, ...more] = (steps ?? []) as ParseNode[];
    if (type === 'path' && step?.type === 'name' && more.length === 0) this.namedCalls.push(step);
  }

  /** Names that nothing in the text binds. They would yield nothing, and so clear a field in every entity. */
  unknown(): ExpressionFault[] {
    const before = this.faults.length;
    for (const node of this.variables) {
      const name = node.value as string;
      if (!this.bound.has(name) && !FUNCTIONS.has(name) && name !== RANGE) {
        this.fault(node, `$${name} is not known: no function of JSONata, and not bound in this expression`);
      }
    }
    // A field may hold a function only where the expression makes one.
    for (const { value, position } of this.hasLambda ? [] : this.namedCalls) {
      const detail = `${value} is not a function: functions begin with $${FUNCTIONS.has(value as string) ? `, here $${value}` : ''}`;
      this.faults.push({ detail, position: startOf({ position }, String(value).length) });
    }
    return this.faults.splice(before);
  }

  private fault(variable: ParseNode, detail: string): void {
    this.faults.push({ detail, position: startOf(variable, String(variable.value).length + 1) });
  }
}

function capRange(node: ParseNode): void {
  node.type = 'function';
  node.value = '(';
  node.procedure = { type: 'variable', value: RANGE, position: node.position };
  node.arguments = [node.lhs, node.rhs];
  delete node.lhs;
  delete node.rhs;
}

/** The parser notes where a token ends. */
const startOf = ({ position }: { position?: number }, length: number): number | null =>
  position === undefined ? null : Math.max(0, position - length);
