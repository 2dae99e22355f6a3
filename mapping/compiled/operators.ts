import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import type { Code } from './frame.ts';
import type { Run } from './run.ts';
import type { Scope } from './scope.ts';
import { isDeepEqual, isNumeric, isTrue, textOf } from './values.ts';

type Operation = (left: unknown, right: unknown, run: Run) => unknown;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '+': numeric((left, right) => left + right),
  '-': numeric((left, right) => left - right),
  '*': numeric((left, right) => left * right),
  '/': numeric((left, right) => left / right),
  '%': numeric((left, right) => left % right),
  '<': ordering((left, right) => left < right),
  '<=': ordering((left, right) => left <= right),
  '>': ordering((left, right) => left > right),
  '>=': ordering((left, right) => left >= right),
  '=': (left, right, run) => left !== undefined && right !== undefined && equal(left, right, run),
  '!=': (left, right, run) => left !== undefined && right !== undefined && !equal(left, right, run),
  in: includes,
  '&': concatenation,
};

/** `a + b`, `a = b`, `a & b`, `a in b` and the like; `and` and `or` look at their right side only when they have to. */
export function compileBinary(node: ParseNode, scope: Scope): Code {
  const left = scope.code(node.lhs);
  const right = scope.code(node.rhs);
  const operator = node.value as string;
  if (operator === 'and' || operator === 'or') return connective(node, left, right);
  const operation = OPERATIONS[operator] as Operation;
  return (input, frame) => {
    const leftValue = left(input, frame);
    const rightValue = right(input, frame);
    try {
      return operation(leftValue, rightValue, frame.run);
    } catch (error) {
      throw located(error, node);
    }
  };
}

function connective(node: ParseNode, left: Code, right: Code): Code {
  const isAnd = node.value === 'and';
  return (input, frame) => {
    const leftValue = left(input, frame);
    try {
      return isTrue(leftValue) === isAnd ? isTrue(right(input, frame)) : !isAnd;
    } catch (error) {
      throw located(error, node);
    }
  };
}

export function compileNegation(node: ParseNode, scope: Scope): Code {
  const operand = scope.code(node.expression);
  return (input, frame) => {
    const value = operand(input, frame);
    if (value === undefined) return undefined;
    if (isNumeric(value)) return -value;
    throw located(coded('D1002', { value }), node);
  };
}

function numeric(reckon: (left: number, right: number) => number): Operation {
  return (left, right) => {
    if (left !== undefined && !isNumeric(left)) throw coded('T2001', { value: left });
    if (right !== undefined && !isNumeric(right)) throw coded('T2002', { value: right });
    return left === undefined || right === undefined ? undefined : reckon(left, right);
  };
}

const ORDERED = new Set(['string', 'number', 'undefined']);

function ordering(compare: (left: string, right: string) => boolean): Operation {
  return (left, right) => {
    const [leftType, rightType] = [typeof left, typeof right];
    if (!ORDERED.has(leftType) || !ORDERED.has(rightType)) {
      throw coded('T2010', { value: ORDERED.has(leftType) && leftType !== 'undefined' ? right : left });
    }
    if (left === undefined || right === undefined) return undefined;
    if (leftType !== rightType) throw coded('T2009', { value: left, value2: right });
    return compare(left as string, right as string);
  };
}

function equal(left: unknown, right: unknown, run: Run): boolean {
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  run.look();
  return isDeepEqual(left, right);
}

function includes(left: unknown, right: unknown, run: Run): boolean {
  if (left === undefined || right === undefined) return false;
  if (!Array.isArray(right)) return left === right;
  run.tick();
  run.worked(right.length);
  return right.some((value) => value === left);
}

function concatenation(left: unknown, right: unknown, run: Run): string {
  const text = textOf(left) + textOf(right);
  run.meter.text(text);
  if (text.length > LONG_TEXT) run.look();
  return text;
}

/** Characters: making the text of a large value takes a while. */
const LONG_TEXT = 10_000;

function located(error: unknown, { position, value }: ParseNode): unknown {
  if (typeof error !== 'object' || error === null) return error;
  return Object.assign(error, { position, token: value });
}
