import type { Code } from './frame.ts';
import type { Run } from './run.ts';
import { asSequence, type Marked, settled } from './sequence.ts';
import { keysOf } from './values.ts';

/** `*`: the values of all keys, lists taken apart. jsonata takes the result for a plain list once a list was among them. */
export function compileWildcard(): Code {
  return (input, { run }) => {
    const value = Array.isArray(input) && (input as Marked).outerWrapper && input.length > 0 ? input[0] : input;
    const found: unknown[] = [];
    let isPlain = false;
    for (const key of keysOf(value)) {
      const part = (value as Readonly<Record<string, unknown>>)[key];
      isPlain ||= Array.isArray(part);
      flattened(part, found, run);
    }
    return isPlain ? found : asSequence(found);
  };
}

/** `**`: the value, and everything below it that is no list. */
export function compileDescendants(): Code {
  return (input, { run }) => {
    if (input === undefined) return undefined;
    const found: unknown[] = [];
    descend(input, found, run);
    run.meter.built(found);
    return found.length === 1 ? settled(found[0]) : asSequence(found);
  };
}

function flattened(value: unknown, into: unknown[], run: Run): void {
  run.tick();
  if (!Array.isArray(value)) into.push(value);
  else for (const part of value) flattened(part, into, run);
}

function descend(value: unknown, into: unknown[], run: Run): void {
  run.tick();
  if (Array.isArray(value)) {
    for (const part of value) descend(part, into, run);
    return;
  }
  into.push(value);
  for (const key of keysOf(value)) descend((value as Readonly<Record<string, unknown>>)[key], into, run);
}
