import type { KindSettings } from './kind-settings.ts';
import { type PagingSettings, pagingParameters } from './paging-settings.ts';
import { fieldsOf, isTemplate } from './template.ts';

interface KindProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** A kind of which nothing is sure yet: it may be wrong in ways that its schema tells. */
type Loose = Partial<KindSettings> | null | undefined;

/** What the settings of the kinds say about each other that cannot be. */
export function kindProblems(kinds: Readonly<Record<string, KindSettings>> | undefined): KindProblem[] {
  const all = Object.entries((kinds ?? {}) as Readonly<Record<string, Loose>>);
  return all.flatMap(([name, kind]) =>
    [...(kind ? ownProblems(kind) : []), ...parentProblems(name, new Map(all))].map(({ path, message }) => ({
      path: [name, ...path],
      message,
    })),
  );
}

function ownProblems(kind: Partial<KindSettings>): KindProblem[] {
  const problems: KindProblem[] = [];
  const say = (key: string, message: string): void => void problems.push({ path: [key], message });
  if (isText(kind.lookup)) {
    if (kind.recordKey === undefined) say('lookup', 'needs recordKey: what is found must be the record asked for');
    if (fieldsOf(kind.lookup).length === 0) say('lookup', 'names no record; write where its key stands: {key}');
  } else if (kind.item !== undefined) say('item', 'is for the answer to a lookup; add lookup, or take it out');
  if (kind.modified !== undefined && kind.since === undefined) {
    say('modified', 'is for reading what changed since a time; add since, or take it out');
  }
  return [...problems, ...parameterProblems(kind)];
}

function parameterProblems({ query, paging, since }: Partial<KindSettings>): KindProblem[] {
  const problems: KindProblem[] = [];
  const known = isStyle(paging) ? paging : null;
  if (known && 'sizeParameter' in known && known.sizeParameter !== undefined && known.size === undefined) {
    problems.push({ path: ['paging', 'sizeParameter'], message: 'needs size: how many records to ask for' });
  }
  const set = new Map(known ? pagingParameters(known).map((name) => [name, 'paging']) : []);
  if (isText(since)) set.set(since, 'since');
  for (const name of Object.keys(query ?? {})) {
    const by = set.get(name);
    if (by !== undefined) problems.push({ path: ['query', name], message: `is set by \`${by}\`; take it out` });
  }
  return problems;
}

function parentProblems(name: string, kinds: ReadonlyMap<string, Loose>): KindProblem[] {
  const { path, query, parent } = kinds.get(name) ?? {};
  const filled = [
    ...(isText(path) && fieldsOf(path).length > 0 ? [['path']] : []),
    ...Object.entries(query ?? {}).flatMap(([key, text]) => (isText(text) && isTemplate(text) ? [['query', key]] : [])),
  ];
  if (parent === undefined) return filled.map((place) => ({ path: place, message: NO_PARENT }));
  if (!isText(parent?.kind)) return [];
  if (!kinds.has(parent.kind)) {
    const others = [...kinds.keys()].filter((other) => other !== name);
    const known = others.length === 0 ? 'there is no other in `kinds`' : `one of: ${others.join(', ')}`;
    return [{ path: ['parent', 'kind'], message: `unknown kind ${JSON.stringify(parent.kind)}; ${known}` }];
  }
  const circle = circleFrom(name, kinds);
  if (circle !== null) {
    return [{ path: ['parent', 'kind'], message: `goes round in circles: ${circle.join(' → ')}` }];
  }
  if (filled.length > 0 || !isText(path)) return [];
  const message = `names no field of its parent, such as {id}: the same list would be read for each ${parent.kind}`;
  return [{ path: ['path'], message }];
}

const NO_PARENT = 'has a field in braces, but there is no parent to take it from; add parent: { kind: … }';

/** The way from a kind by its parents back to itself; `null`: it ends. */
function circleFrom(name: string, kinds: ReadonlyMap<string, Loose>): string[] | null {
  const way = [name];
  for (let at = kinds.get(name)?.parent?.kind; isText(at); at = kinds.get(at)?.parent?.kind) {
    if (way.includes(at)) return at === name ? [...way, at] : null;
    way.push(at);
  }
  return null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isStyle(paging: unknown): paging is PagingSettings {
  return typeof paging === 'object' && paging !== null && 'type' in paging;
}
