import type { Json } from '../domain/json.ts';
import type { Display } from './display.ts';
import { literalOf } from './expression-text.ts';
import type { Finding, Path } from './problem.ts';
import { choice, nearest } from './suggestion.ts';
import { syncApiFindings } from './sync-api-checks.ts';
import { itemsAt, keysAt, valueAt } from './tree.ts';

interface Subject {
  readonly tree: Json;
  readonly display: Display;
  /** Names of the blueprints that the configuration declares. */
  readonly declared: readonly string[];
}

/**
 * What blueprints and mappings say about each other (interface.md: a relation that is used needs its target). Looks at
 * any tree, also at one that is wrong elsewhere, so that every mistake is found at once.
 */
export function blueprintFindings(tree: Json, display: Display): Finding[] {
  const subject = { tree, display, declared: keysAt(tree, ['blueprints']) };
  const findings = [
    ...subject.declared.flatMap((blueprint) => targetFindings(subject, blueprint)),
    ...subject.declared.flatMap((blueprint) => syncApiFindings(tree, blueprint)),
    ...entityPaths(tree).flatMap((path) => mappingFindings(subject, path)),
  ];
  return findings.filter(({ path }) => !display.isUnfilled(path));
}

function targetFindings({ tree, display, declared }: Subject, blueprint: string): Finding[] {
  const relations = ['blueprints', blueprint, 'relations'];
  return keysAt(tree, relations).flatMap((relation) => {
    const path = [...relations, relation, 'target'];
    const target = valueAt(tree, path);
    if (typeof target !== 'string' || declared.includes(target)) return [];
    const message = `unknown blueprint ${display.shown(path)}; ${choice(display.plain(path) ?? '', declared)}`;
    return [{ path, at: 'value', message, offset: null } satisfies Finding];
  });
}

function entityPaths(tree: Json): Path[] {
  const ids = keysAt(tree, ['integrations']);
  return ids.flatMap((id) => itemsAt(tree, ['integrations', id, 'resources'])).map((path) => [...path, 'entity']);
}

function mappingFindings(subject: Subject, entity: Path): Finding[] {
  const { tree, display, declared } = subject;
  const path = [...entity, 'blueprint'];
  const expression = valueAt(tree, path);
  if (typeof expression !== 'string') return [];
  if (declared.includes(expression) && display.origin(path) === null) {
    const message = `reads the field ${expression} of the record; for the blueprint of that name write '"${expression}"'`;
    return [{ path, at: 'value', message, offset: null }];
  }
  // From the environment, its name could not be shown.
  const blueprint = display.origin(path) !== null ? null : literalOf(expression);
  if (blueprint === null) return [];
  return relationFindings(subject, entity, blueprint);
}

function relationFindings({ tree }: Subject, entity: Path, blueprint: string): Finding[] {
  const known = keysAt(tree, ['blueprints', blueprint, 'relations']);
  return keysAt(tree, [...entity, 'relations']).flatMap((relation): Finding[] => {
    if (known.includes(relation)) return [];
    const near = nearest(relation, known);
    const hint = near === null ? '' : `did you mean ${JSON.stringify(near)}? Otherwise `;
    const message =
      `blueprint ${JSON.stringify(blueprint)} declares no such relation; ${hint}` +
      `add it with its target: blueprints: { ${blueprint}: { relations: { ${relation}: { target: … } } } }`;
    return [{ path: [...entity, 'relations', relation], at: 'key', message, offset: null }];
  });
}
