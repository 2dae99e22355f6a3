import { type Definition, FUNCTIONS, ORIGINALS, REPLACEMENTS } from '../built-ins.ts';
import { HIGHER_ORDER } from './higher-order.ts';
import { Native } from './native.ts';
import type { Run } from './run.ts';
import { TEXT_MATCHING } from './text-matching.ts';
import { textOf } from './values.ts';

type Implementation = Definition['implementation'];

function now(this: Run, picture?: string, timezone?: string): unknown {
  return fromMillis.apply(this, [this.timestamp.getTime(), picture, timezone] as never[]);
}

function millis(this: Run): number {
  return this.timestamp.getTime();
}

/** jsonata's own takes the way by JSON for numbers as well. */
function string(this: Run, value: unknown, indented?: boolean): unknown {
  if (indented || value === undefined)
    return ORIGINALS.string?.implementation.apply(this, [value, indented] as never[]);
  return textOf(value);
}

const OWN = { ...HIGHER_ORDER, ...TEXT_MATCHING, string, now, millis } as unknown as Readonly<
  Record<string, Implementation>
>;

const definitions = new Map<string, Definition>([...[...FUNCTIONS].map(original), ...REPLACEMENTS]);
const fromMillis = (definitions.get('fromMillis') as Definition).implementation;

function original(name: string): [string, Definition] {
  return [name, ORIGINALS[name] as Definition];
}

/** The functions of jsonata by name, and `RANGE`: its own, the capped ones, and those in place of asynchronous ones. */
export const NATIVES: ReadonlyMap<string, Native> = new Map(
  [...definitions].map(([name, { implementation, signature }]) => [
    name,
    new Native(Object.hasOwn(OWN, name) ? like(implementation, OWN[name]) : implementation, signature),
  ]),
);

/** Other functions ask a function how many parameters it has, and partial applications for the text of them. */
function like(shown: Implementation, implementation: Implementation | undefined): Implementation {
  Object.defineProperty(implementation, 'length', { value: shown.length });
  return Object.assign(implementation as Implementation, { toString: () => shown.toString() });
}
