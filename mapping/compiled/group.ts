import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import type { Code, Frame } from './frame.ts';
import { boundIn, NotCompiled, type Scope } from './scope.ts';
import { append } from './sequence.ts';

interface Pair {
  readonly key: Code;
  readonly value: Code;
}

/** What a key gathered: the items that yielded it, and the pair that did. */
interface Gathered {
  items: unknown;
  readonly pair: Pair;
}

const RESERVED = new Set(['_jsonata_lambda', '_jsonata_function']);

/** `{key: value}` of a context, and `list{key: value}`, which gathers the items of a list by their keys. */
export function compileGroup(node: ParseNode, scope: Scope): Code {
  const nodes = node.lhs as readonly (readonly [ParseNode, ParseNode])[];
  // The library evaluates the values side by side: one does not see what another one binds.
  if (nodes.some((pair) => boundIn(pair).length > 0)) throw new NotCompiled('a part of an object binds a variable');
  const pairs = nodes.map(([key, value]): Pair => ({ key: scope.code(key), value: scope.code(value) }));
  const gather = gatherer(pairs, node);
  const fixed = fixedKeys(nodes.map(([key]) => key));
  if (fixed === null) return (input, frame) => valuesOf(gather(itemsOf(input), frame), frame);
  return (input, frame) => {
    const item = Array.isArray(input) ? (input.length > 1 ? NONE : input[0]) : input;
    if (item === NONE) return valuesOf(gather(itemsOf(input), frame), frame);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < pairs.length; index++) {
      const value = (pairs[index] as Pair).value(item, frame);
      if (value !== undefined) object[fixed[index] as string] = value;
    }
    frame.run.meter.built(object);
    return object;
  };
}

const NONE = Symbol('none');

/** The keys, where they are texts that differ and mean nothing to JavaScript: of one item, nothing has to be gathered. */
function fixedKeys(keys: readonly ParseNode[]): readonly string[] | null {
  const texts = keys.map(({ type, value, predicate, group }) =>
    type === 'string' && predicate === undefined && group === undefined ? (value as string) : '__proto__',
  );
  if (texts.includes('__proto__') || texts.some((text) => RESERVED.has(text))) return null;
  return new Set(texts).size === texts.length ? texts : null;
}

/** An empty list, like nothing, is one item that is nothing. */
const itemsOf = (input: unknown): readonly unknown[] =>
  Array.isArray(input) ? (input.length === 0 ? [undefined] : input) : [input];

type Gather = (items: readonly unknown[], frame: Frame) => Map<string, Gathered>;

function gatherer(pairs: readonly Pair[], { position }: ParseNode): Gather {
  return (items, frame) => {
    const gathered = new Map<string, Gathered>();
    for (const item of items) {
      for (const pair of pairs) {
        frame.run.tick();
        const key = pair.key(item, frame);
        if (key === undefined) continue;
        if (typeof key !== 'string') throw coded('T1003', { position, value: key });
        if (RESERVED.has(key)) throw coded('D1013', { position, value: key });
        const known = gathered.get(key);
        if (known === undefined) gathered.set(key, { items: item, pair });
        else if (known.pair !== pair) throw coded('D1009', { position, value: key });
        else known.items = append(known.items, item);
      }
    }
    return gathered;
  };
}

function valuesOf(gathered: Map<string, Gathered>, frame: Frame): object {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, { items, pair }] of gathered) {
    const value = pair.value(items, frame);
    if (value !== undefined) object[key] = value;
  }
  frame.run.meter.built(object);
  return object;
}
