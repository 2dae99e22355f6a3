import type { OutboxEntity } from '../../catalog/outbox-take.ts';
import type { EntityKey, Fields } from '../../domain/entity.ts';
import type { Json } from '../../domain/json.ts';

/**
 * What can be written of entities that wait for each other: everything but the relations to one of them. Written again in
 * full, the circle is closed (sync-semantics 2.7).
 */
export function withoutCircles(waiting: readonly EntityKey[]): (entity: OutboxEntity) => Fields | null {
  const unwritten = new Set(waiting.map(({ identifier }) => identifier));
  const leadsThere = (value: Json): boolean =>
    Array.isArray(value) ? value.some(leadsThere) : typeof value === 'string' && unwritten.has(value);
  return ({ fields }) => {
    if (fields === null) return null;
    const kept = Object.entries(fields).filter(
      ([path, value]) => !(path.startsWith('relations.') && leadsThere(value)),
    );
    return Object.fromEntries(kept) as Fields;
  };
}
