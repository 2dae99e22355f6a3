import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import { type CompiledRegex, RegexEngine } from '../regular-expression.ts';
import type { Code } from './frame.ts';

/** A regular expression is a function that finds the first match in a text; `next` of a match finds the one after it. */
export function compileRegexNode(node: ParseNode): Code {
  const regex = node.value as CompiledRegex;
  const details = { position: node.position, value: regex.source };
  return (_input, { run }) => {
    run.look();
    const engine = new RegexEngine(regex);
    return (text: string, from?: number) => {
      engine.lastIndex = from || 0;
      return found(engine, text, details);
    };
  };
}

interface Found {
  readonly match: string;
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
  next(): Found | undefined;
}

/** A match of no characters behind another one would be followed by itself for ever: an error, with these details. */
function found(engine: RegexEngine, text: string, details: Readonly<Record<string, unknown>>): Found | undefined {
  const result = engine.exec(text);
  if (result === null) return undefined;
  const [match = '', ...groups] = result;
  return {
    match,
    start: result.index,
    end: result.index + match.length,
    groups,
    next() {
      if (engine.lastIndex >= text.length) return undefined;
      const following = found(engine, text, details);
      if (following?.match === '') throw coded('D1004', details);
      return following;
    },
  };
}
