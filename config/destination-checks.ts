import type { FieldPath } from '../domain/entity.ts';
import type { Json } from '../domain/json.ts';
import { declaredBlueprints } from './declared-blueprints.ts';
import type { ConfigurationContext } from './definitions.ts';
import type { Display } from './display.ts';
import { literalOf } from './expression-text.ts';
import type { Finding, Path } from './problem.ts';
import { itemsAt, keysAt, valueAt } from './tree.ts';

/**
 * What mappings make that their destination could never hold. Looks at any tree, also at one that is wrong elsewhere. A
 * blueprint that only the record tells is left to the run.
 */
export function destinationFindings(
  tree: Json,
  { display, context }: { display: Display; context: ConfigurationContext },
): Finding[] {
  const blueprints = declaredBlueprints([tree]);
  return keysAt(tree, ['integrations']).flatMap((id) => {
    const path = ['integrations', id];
    const type = valueAt(tree, [...path, 'destination', 'type']);
    const refusals = context.destinations.find((destination) => destination.type === type)?.refusals;
    if (refusals === undefined) return [];
    return itemsAt(tree, [...path, 'resources']).flatMap((resource): Finding[] => {
      const entity = [...resource, 'entity'];
      const blueprint = blueprintAt(tree, display, entity);
      if (blueprint === null) return [];
      return refusals({ blueprint, fields: fieldsAt(tree, entity), blueprints }).map(({ path: below, message }) => ({
        path: [...entity, ...below],
        at: 'key',
        message,
        offset: null,
      }));
    });
  });
}

/** `null`: not to be told from the configuration, or not to be shown. */
function blueprintAt(tree: Json, display: Display, entity: Path): string | null {
  const path = [...entity, 'blueprint'];
  const expression = valueAt(tree, path);
  return typeof expression === 'string' && display.origin(path) === null ? literalOf(expression) : null;
}

function fieldsAt(tree: Json, entity: Path): FieldPath[] {
  const own = (['title', 'team'] as const).filter((name) => (valueAt(tree, [...entity, name]) ?? null) !== null);
  const properties = keysAt(tree, [...entity, 'properties']).map((name): FieldPath => `properties.${name}`);
  const relations = keysAt(tree, [...entity, 'relations']).map((name): FieldPath => `relations.${name}`);
  return [...own, ...properties, ...relations];
}
