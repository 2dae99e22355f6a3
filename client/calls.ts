import type { z } from 'zod';
import { issueText } from '../config/issue-text.ts';
import { pathText } from '../config/problem.ts';
import { choice } from '../config/suggestion.ts';
import { DEFAULT_SCOPE, type EntitiesCall, type PlainCall, type RawCall, type ReadyEntity } from '../domain/call.ts';
import type { EntityKey, FieldPath, Fields } from '../domain/entity.ts';
import { type Mistake, UsageError } from '../domain/errors.ts';
import type { Json, RawRecord } from '../domain/json.ts';
import { callSchemas } from './call-schemas.ts';

/** An entity that is ready to be written (seed S0.46). A field that is left out is not written; `null` clears one. */
export interface EntityInput {
  readonly identifier: string;
  readonly blueprint: string;
  readonly title?: string | null;
  readonly team?: string | readonly string[] | null;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly relations?: Readonly<Record<string, string | readonly string[] | null>>;
}

/** A person's edit of an entity: what it does not name stays as it is, `null` clears. */
export type EntityEdit = Omit<EntityInput, 'identifier' | 'blueprint'>;

/** The state of some records, or entities, before and after (seed S0.30). */
export interface Difference<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
}

/**
 * Calls as they are accepted, made of what callers give: typed for programs, and checked all the same, because it may
 * come from a file or over HTTP. They throw `UsageError` with every mistake and its place.
 */
export const calls = {
  raw(type: 'register-raw' | 'unregister-raw', kind: string, rows: readonly RawRecord[]): RawCall {
    check(callSchemas.rows, rows, 'rows');
    return { type, kind, rows };
  },

  rawDiff(kind: string, difference: Difference<RawRecord>): RawCall {
    check(callSchemas.rawDiff, difference, '');
    return { type: 'update-raw-diff', kind, ...difference };
  },

  entities<T extends EntitiesCall['type']>(type: T, entities: readonly EntityInput[], scope = DEFAULT_SCOPE) {
    check(callSchemas.scope, scope, 'scope');
    check(callSchemas.entities, entities, 'entities');
    return { type, scope, entities: entities.map(toReady) };
  },

  edit(key: EntityKey, edit: EntityEdit): Fields {
    check(callSchemas.edit, edit, '', FIELD_KEYS);
    return toReady({ ...edit, ...key }).fields;
  },

  diff(difference: Difference<EntityInput>, scope = DEFAULT_SCOPE): Exclude<PlainCall, EntitiesCall> {
    check(callSchemas.scope, scope, 'scope');
    check(callSchemas.diff, difference, '');
    const { before, after } = difference;
    return { type: 'update-diff', scope, before: before.map(toReady), after: after.map(toReady) };
  },
};

/** Mistakes in one message. */
const SHOWN = 20;

const FIELD_KEYS = ['title', 'team', 'properties', 'relations'];

/** `keys`: what the value itself may hold, where it is a map. */
function check(schema: z.ZodType, value: unknown, name: string, keys = ['before', 'after']): void {
  const result = schema.safeParse(value, { error: (issue) => issueText(issue, shown(issue.input)) });
  if (result.success) return;
  const found = result.error.issues.flatMap((issue) => mistakes(issue, name === '' ? [] : [name], keys));
  const lines = found.slice(0, SHOWN).map(({ path, message }) => `${path || 'the call'}: ${message}`);
  const more = found.length > SHOWN ? [`… and ${found.length - SHOWN} more`] : [];
  throw new UsageError([...lines, ...more].join('\n'), found);
}

function mistakes(issue: z.core.$ZodIssue, root: readonly string[], keys: readonly string[]): Mistake[] {
  const path = [...root, ...(issue.path as (string | number)[])];
  const place = pathText(path);
  if (issue.code !== 'unrecognized_keys') return [{ path: place, message: issue.message }];
  const known = typeof path.at(-1) === 'number' ? ['identifier', 'blueprint', ...FIELD_KEYS] : keys;
  return issue.keys.map((key) => ({
    path: place,
    message: `unknown key ${JSON.stringify(key.slice(0, 60))}; ${choice(key, known)}`,
  }));
}

function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : String(value);
}

function toReady({ identifier, blueprint, title, team, properties = {}, relations = {} }: EntityInput): ReadyEntity {
  const all: [FieldPath, Json | undefined][] = [
    ['title', title],
    ['team', team],
    ...Object.entries(properties).map(([name, value]): [FieldPath, Json] => [`properties.${name}`, value]),
    ...Object.entries(relations).map(([name, value]): [FieldPath, Json] => [`relations.${name}`, value]),
  ];
  const given = all.filter(([, value]) => value !== undefined);
  return { identifier, blueprint, fields: Object.fromEntries(given) as Fields };
}
