import type { Entity, Fields } from '../entity.ts';
import { toEntity } from '../entity.ts';
import type { Json, RawRecord } from '../json.ts';
import type { Time } from '../time.ts';
import type { ByField } from './by-field.ts';
import type { Method } from './policy.ts';
import type { Vector } from './vector.ts';

/** A side of a vector as people write about it: `local.properties.owner`. */
type SideView = Pick<Entity, 'title' | 'team' | 'properties' | 'relations'>;

/** What a resolver is shown of a record (sync-semantics 7.7). Times are RFC 3339 in UTC, with milliseconds. */
export interface ResolverVector {
  readonly blueprint: string;
  readonly identifier: string;
  readonly integration: string;
  readonly kind: string;
  readonly method: Method;
  /** The destination's record; null: there is none. `times`: of single fields, by path. */
  readonly local: (SideView & { readonly modifiedAt: Time | null; readonly times: ByField<Time | null> }) | null;
  /** What the source says. */
  readonly incoming: SideView & { readonly modifiedAt: Json; readonly firstObservedAt: Time };
  /** What this record last brought in; null: it is new. */
  readonly base: SideView | null;
  /** As the source returned it. */
  readonly raw: RawRecord | null;
}

/** The same object for an expression and for code: plain JSON. */
export function resolverView(vector: Vector): ResolverVector & { readonly [key: string]: Json } {
  const { blueprint, identifier, integration, kind, method, local, incoming, base, raw } = vector;
  const sideOf = (fields: Fields): SideView => {
    const { title, team, properties, relations } = toEntity({ blueprint, identifier }, fields);
    return { title, team, properties, relations };
  };
  const { modifiedAt, firstObservedAt } = incoming;
  return {
    blueprint,
    identifier,
    integration,
    kind,
    method,
    local: local && { ...sideOf(local.fields), modifiedAt: local.modifiedAt, times: local.times },
    incoming: { ...sideOf(incoming.fields), modifiedAt, firstObservedAt },
    base: base && sideOf(base.fields),
    raw,
  } as ResolverVector & { readonly [key: string]: Json };
}
