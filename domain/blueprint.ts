/** A relation of a blueprint, as it is declared. */
export interface RelationDeclaration {
  /** The blueprint that it points to. */
  readonly target: string;
  /** Whether it holds a list of identifiers. */
  readonly many: boolean;
  /** The mapping blueprint whose rows make up the list; `null`: the list is a field of the entity. */
  readonly through: string | null;
}

export type PropertyType = 'string' | 'number' | 'boolean' | 'array' | 'object';

/** What the configuration says of a blueprint. One that it does not name has nothing declared, and takes any field. */
export interface Blueprint {
  readonly properties: ReadonlyMap<string, PropertyType>;
  readonly relations: ReadonlyMap<string, RelationDeclaration>;
  /**
   * Its entities are rows of links (the shop's MappingEntityDefinition, seed S4.16): foreign key → blueprint, in order;
   * `null` for a key that points to none. Empty: it is no mapping.
   */
  readonly mapping: ReadonlyMap<string, string | null>;
  /** Properties that are written in several languages. */
  readonly translated: readonly string[];
}

export type Blueprints = ReadonlyMap<string, Blueprint>;

const UNDECLARED: Blueprint = { properties: new Map(), relations: new Map(), mapping: new Map(), translated: [] };

/** The blueprint of that name; rows of translations have one of their own, keyed by their entity and the language. */
export function blueprintOf(blueprints: Blueprints, name: string): Blueprint {
  const declared = blueprints.get(name);
  if (declared) return declared;
  const base = name.endsWith(TRANSLATION) ? name.slice(0, -TRANSLATION.length) : '';
  if (!blueprints.get(base)?.translated.length) return UNDECLARED;
  const mapping = new Map([
    [foreignKey(base), base],
    [LANGUAGE_KEY, null],
  ]);
  return { ...UNDECLARED, mapping };
}

const TRANSLATION = '_translation';

export const LANGUAGE_KEY = 'languageId';

/** The blueprint of an entity's translations: `category_translation` (seed S4.14). */
export const translationsOf = (blueprint: string): string => `${blueprint}${TRANSLATION}`;

/** What rows of links call an entity's id: `tax_rule` → `taxRuleId`. */
export function foreignKey(blueprint: string): string {
  return `${blueprint.replaceAll(/[_-]+(\w)/g, (_, letter: string) => letter.toUpperCase())}Id`;
}

/**
 * The identifier of a row of links: its foreign keys in declared order. Escaped, so that different keys never give the
 * same identifier.
 */
export const linkIdentifier = (keys: readonly string[]): string => keys.map(encodeURIComponent).join(':');

/** Blueprints of rows that refer to entities of `blueprint` by a foreign key, and the key's place in their identifier. */
export function linksTo(blueprints: Blueprints, blueprint: string): { blueprint: string; place: number }[] {
  const declared = [...blueprints].flatMap(([name, { mapping }]) =>
    [...mapping.values()].flatMap((target, index) =>
      target === blueprint ? [{ blueprint: name, place: index + 1 }] : [],
    ),
  );
  const isTranslated = blueprintOf(blueprints, blueprint).translated.length > 0;
  return isTranslated ? [...declared, { blueprint: translationsOf(blueprint), place: 1 }] : declared;
}

/** Which foreign keys of the mapping are the entity's own and the other end's. */
export function linkEnds(
  blueprints: Blueprints,
  entity: string,
  { target, through }: RelationDeclaration,
): { own: string; target: string } {
  const keys = [...blueprintOf(blueprints, through ?? '').mapping];
  const [own = ''] = keys.find(([, end]) => end === entity) ?? [];
  const [other = ''] = keys.find(([key, end]) => end === target && key !== own) ?? [];
  return { own, target: other };
}
