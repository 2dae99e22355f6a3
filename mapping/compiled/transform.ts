import jsonata from 'jsonata';
import type { Definition } from '../built-ins.ts';
import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import { apply } from './apply.ts';
import type { Code, Frame } from './frame.ts';
import { Native } from './native.ts';
import type { Scope } from './scope.ts';
import { keysOf } from './values.ts';

type Properties = Record<string, unknown>;

interface Change {
  readonly update: Code;
  readonly updatePosition: number | undefined;
  readonly deletions: Code | null;
  readonly deletionsPosition: number | undefined;
}

/** `| pattern | update, deletions |`: a function that yields a changed copy of what it is given. */
export function compileTransform(node: ParseNode, scope: Scope): Code {
  const clone = scope.code({ type: 'variable', value: 'clone' });
  const pattern = scope.code(node.pattern);
  const deletions = node.delete as ParseNode | undefined;
  const change: Change = {
    update: scope.code(node.update),
    updatePosition: (node.update as ParseNode).position,
    deletions: deletions === undefined ? null : scope.code(deletions),
    deletionsPosition: deletions?.position,
  };
  return (input, frame) => {
    const transform = (value: unknown): unknown => {
      if (value === undefined) return undefined;
      const copy = apply(clone(input, frame), [value], { input: null, run: frame.run });
      const matches = pattern(copy, frame);
      const list = Array.isArray(matches) ? matches : matches === undefined ? [] : [matches];
      for (const match of list) changeOne(match, change, frame);
      frame.run.meter.changed(copy as object);
      return copy;
    };
    return new Native(transform as Definition['implementation'], SIGNATURE);
  };
}

/** It takes an object or a list. */
const SIGNATURE = (jsonata('function($value)<(oa):o>{$value}').ast() as unknown as Pick<Definition, 'signature'>)
  .signature;

function changeOne(match: Properties, change: Change, frame: Frame): void {
  frame.run.tick();
  const update = change.update(match, frame);
  if (update !== undefined) {
    if (typeof update !== 'object' || update === null || Array.isArray(update)) {
      throw coded('T2011', { position: change.updatePosition, value: update });
    }
    for (const key of keysOf(update)) match[key] = (update as Properties)[key];
  }
  const deletions = change.deletions?.(match, frame);
  if (deletions === undefined) return;
  const keys: unknown[] = Array.isArray(deletions) ? deletions : [deletions];
  if (!keys.every((key) => typeof key === 'string')) {
    throw coded('T2012', { position: change.deletionsPosition, value: deletions });
  }
  if (typeof match === 'object' && match !== null) for (const key of keys) delete match[key as string];
}
