import type { Json } from '../domain/json.ts';
import type { ParseNode } from './inspection.ts';

/**
 * Reads a value without the engine. An array means: ask the engine, for JSONata has rules of its own for lists, and
 * they apply as soon as one is on the way.
 */
export type PlainReader = (input: Json) => Json | undefined;

/**
 * Most expressions of a mapping name a field (`owner.login`) or a constant (`"githubRepository"`), and the engine needs
 * a dozen promises for each. `null`: this one needs the engine.
 */
export function plainReaderOf(tree: ParseNode): PlainReader | null {
  if (isBare(tree, ['value', 'position']) && ['string', 'number', 'value'].includes(tree.type)) {
    return () => tree.value as Json;
  }
  if (tree.type !== 'path' || !isBare(tree, ['steps'])) return null;
  const steps = tree.steps as readonly ParseNode[];
  if (!steps.every((step) => step.type === 'name' && isBare(step, ['value', 'position']))) return null;
  return readerOf(steps.map((step) => step.value as string));
}

/** It holds nothing but these: no predicate, no grouping, no order. */
const isBare = (node: ParseNode, keys: readonly string[]): boolean =>
  Object.keys(node).every((key) => key === 'type' || keys.includes(key));

function readerOf(names: readonly string[]): PlainReader {
  return (input) => {
    let value: Json | undefined = input;
    for (const name of names) {
      if (typeof value !== 'object' || value === null) return undefined;
      if (Array.isArray(value)) return value;
      value = Object.hasOwn(value, name) ? (value as { readonly [key: string]: Json })[name] : undefined;
    }
    return value;
  };
}
