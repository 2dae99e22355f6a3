import type { FieldPath } from '../../domain/entity.ts';
import type { Json } from '../../domain/json.ts';
import type { RemoteEntity } from '../remote/remote.ts';

/**
 * An entity as Port takes it. With `merge`, Port leaves alone what a body does not name: what was written there before and
 * is not to be there any more is named, as null (sync-semantics 1.5).
 */
export function entityBody({ identifier, fields, held }: RemoteEntity, merge: boolean): Record<string, Json> {
  const dropped = merge ? held.flatMap(Object.keys).filter((path) => !(path in fields)) : [];
  const all: [string, Json][] = [...dropped.map((path): [string, Json] => [path, null]), ...Object.entries(fields)];
  const under = (prefix: string) =>
    Object.fromEntries(
      all.filter(([path]) => path.startsWith(prefix)).map(([path, value]) => [path.slice(prefix.length), value]),
    );
  const own = all.filter(([path]) => OWN.includes(path as FieldPath));
  return { identifier, ...Object.fromEntries(own), properties: under('properties.'), relations: under('relations.') };
}

const OWN: readonly FieldPath[] = ['title', 'team'];
