import type { Signature } from '../built-ins.ts';
import { FunctionValue } from './function-value.ts';

export type Arguments = readonly unknown[];

interface Parameter {
  /** Letters of the types that it takes, `m` for nothing among them. */
  readonly types: string;
  readonly isList: boolean;
  /** Letter of the type that every element must have. */
  readonly elements: string | undefined;
  readonly optional: boolean;
  /** The context stands for it when it is left out. */
  readonly orContext: boolean;
}

const ANY = 'asnblfom';
const TYPES: Readonly<Record<string, string>> = { a: ANY, x: ANY, j: 'asnblom', f: 'f' };

/**
 * Checks arguments as jsonata's own validator does, which takes longer than most functions: what fits the parameters one
 * by one is passed on, and the validator is asked about everything else.
 */
export function validatorOf(signature: Signature | undefined): (args: Arguments, context: unknown) => Arguments {
  if (signature === undefined) return (args) => args;
  const slow = (args: Arguments, context: unknown): Arguments => signature.validate(args, context);
  const parameters = parametersOf(signature.definition);
  if (parameters === null) return slow;
  const [first] = parameters;
  const contextAlone = first?.orContext && parameters.slice(1).every(({ optional }) => optional);
  return (args, context) => {
    if (args.length === 0 && contextAlone && first.types.includes(letterOf(context))) return [context];
    return fitted(args, parameters) ?? slow(args, context);
  };
}

/** `null`: with a repeated parameter, which only the validator itself knows. */
function parametersOf(definition: string): Parameter[] | null {
  const [, listed = ''] = /^<(.*?)(?::[^:]*)?>$/.exec(definition) ?? [];
  const parts = [...listed.matchAll(/(\(\w+\)|\w)(?:<(\w+)>)?([-?+]?)/g)];
  if (parts.map(([text]) => text).join('') !== listed || parts.some(([, , , mark]) => mark === '+')) return null;
  return parts.map(([, type = '', elements, mark]) => ({
    types: TYPES[type] ?? `${type.replace(/\W/g, '')}m`,
    isList: type === 'a',
    elements: type === 'a' ? elements?.charAt(0) : undefined,
    optional: mark === '?',
    orContext: mark === '-',
  }));
}

function fitted(args: Arguments, parameters: readonly Parameter[]): Arguments | null {
  if (args.length > parameters.length) return null;
  for (let index = args.length; index < parameters.length; index++) if (!parameters[index]?.optional) return null;
  let taken = args;
  for (let index = 0; index < args.length; index++) {
    const { types, isList, elements } = parameters[index] as Parameter;
    const value = args[index];
    const letter = letterOf(value);
    if (!types.includes(letter)) return null;
    if (!isList || letter === 'm') continue;
    if (elements !== undefined && !hasElements(value, letter, elements)) return null;
    if (letter !== 'a') taken = taken.with(index, [value]);
  }
  return taken;
}

function hasElements(value: unknown, letter: string, elements: string): boolean {
  if (letter !== 'a') return letter === elements;
  return (value as readonly unknown[]).every((element) => letterOf(element) === elements);
}

/** The letter of a value's type in signatures. */
function letterOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 's';
    case 'number':
      return 'n';
    case 'boolean':
      return 'b';
    case 'function':
      return 'f';
    case 'object':
      if (value === null) return 'l';
      if (Array.isArray(value)) return 'a';
      return value instanceof FunctionValue ? 'f' : 'o';
    default:
      return 'm';
  }
}
