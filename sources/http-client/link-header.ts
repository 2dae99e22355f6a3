import { SourceError } from '../../domain/errors.ts';
import type { Answer } from './answer.ts';
import { shown } from './origin.ts';

const PARAMETER = /\s*;\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;
const TARGET = /[\s,]*<([^>]*)>/y;

/**
 * The target of `rel="next"` in a `Link` header (RFC 8288); `null`: this is the last page. Throws `SourceError` for a
 * header that cannot be read: taken for "no next page", it would make an incomplete list look complete.
 */
export function nextLink({ link, url }: Pick<Answer, 'link' | 'url'>): string | null {
  if (link === null) return null;
  let next: string | null = null;
  let at = 0;
  while (link.slice(at).search(/[^\s,]/) >= 0) {
    const target = matchAt(TARGET, link, at);
    if (target === null) {
      throw new SourceError(`The Link header of GET ${shown(url)} cannot be read at character ${at}`);
    }
    at = target.end;
    for (let parameter = matchAt(PARAMETER, link, at); parameter !== null; parameter = matchAt(PARAMETER, link, at)) {
      at = parameter.end;
      const [name = '', quoted, bare] = parameter.groups;
      const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/);
      if (name.toLowerCase() === 'rel' && relations.includes('next')) next ??= target.groups[0] ?? null;
    }
  }
  return next;
}

function matchAt(pattern: RegExp, text: string, at: number): { groups: (string | undefined)[]; end: number } | null {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? null : { groups: match.slice(1), end: pattern.lastIndex };
}
