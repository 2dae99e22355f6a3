import { coded } from '../coded.ts';
import type { ParseNode } from '../inspection.ts';
import { type CompiledRegex, RegexEngine } from '../regular-expression.ts';
import type { Code } from './frame.ts';

/** A regular expression is a function that finds the first match in a text; `next` of a match finds the one after it. */
export function compileRegexNode(node: ParseNode): Code {
  const regex = node.value as CompiledRegex;
  return (_input, { run }) => {
    run.look();
    const engine = new RegexEngine(regex);
    const find = (text: string, from?: number): unknown => {
      engine.lastIndex = from || 0;
      const found = engine.exec(text);
      if (found === null) return undefined;
      const [match = '', ...groups] = found;
      const next = (): unknown => {
        if (engine.lastIndex >= text.length) return undefined;
        const following = find(text, engine.lastIndex) as { match: string } | undefined;
        if (following?.match === '') throw coded('D1004', { position: node.position, value: regex.source });
        return following;
      };
      return { match, start: found.index, end: found.index + match.length, groups, next };
    };
    return find;
  };
}
