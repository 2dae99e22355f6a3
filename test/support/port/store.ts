/** An entity as the server keeps it: just the keys that it was given. */
export interface StoredEntity {
  readonly [key: string]: unknown;
  readonly identifier: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly relations: Readonly<Record<string, unknown>>;
}

export interface StoredBlueprint {
  readonly identifier: string;
  readonly relations?: Readonly<Record<string, { readonly target: string }>>;
}

export interface UpsertOptions {
  readonly merge: boolean;
  readonly createMissing: boolean;
  /** The data source that the entity belongs to from now on: the caller's user agent. */
  readonly by: string;
}

/** What Port says of one entity that it does not take. */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly error: string;

  constructor(statusCode: number, error: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.error = error;
  }
}

/** Blueprints and entities of a Port-like catalog, with its rules: targets of relations must be there. */
export class PortStore {
  readonly blueprints = new Map<string, StoredBlueprint>();
  readonly #entities = new Map<string, Map<string, { entity: StoredEntity; by: string }>>();

  of(blueprint: string): Map<string, { entity: StoredEntity; by: string }> {
    const known = this.#entities.get(blueprint) ?? new Map();
    this.#entities.set(blueprint, known);
    return known;
  }

  all(): { blueprint: string; entity: StoredEntity; by: string }[] {
    return [...this.#entities].flatMap(([blueprint, all]) => [...all.values()].map((each) => ({ blueprint, ...each })));
  }

  /** Returns whether it is new. Throws `Refusal`. */
  upsert(blueprint: string, entity: StoredEntity, { merge, createMissing, by }: UpsertOptions): boolean {
    if (typeof entity.identifier !== 'string' || entity.identifier === '') {
      throw new Refusal(422, 'invalid_request', 'identifier must be a string that is not empty');
    }
    const all = this.of(blueprint);
    const old = all.get(entity.identifier)?.entity;
    this.#checkRelations(blueprint, entity, { createMissing, by });
    const merged = merge && old !== undefined ? mergedInto(old, entity) : entity;
    all.set(entity.identifier, { entity: merged, by });
    return old === undefined;
  }

  #checkRelations(
    blueprint: string,
    entity: StoredEntity,
    { createMissing, by }: Pick<UpsertOptions, 'createMissing' | 'by'>,
  ): void {
    const relations = this.blueprints.get(blueprint)?.relations ?? {};
    for (const [name, value] of Object.entries(entity.relations)) {
      const target = relations[name]?.target;
      if (target === undefined || value === null) continue;
      for (const identifier of [value].flat() as string[]) {
        if (this.of(target).has(identifier) || (target === blueprint && identifier === entity.identifier)) continue;
        if (!createMissing) throw new Refusal(404, 'not_found', `Entity with identifier "${identifier}" was not found`);
        this.of(target).set(identifier, { entity: { identifier, properties: {}, relations: {} }, by });
      }
    }
  }
}

const mergedInto = (old: StoredEntity, entity: StoredEntity): StoredEntity => ({
  ...old,
  ...entity,
  properties: { ...old.properties, ...entity.properties },
  relations: { ...old.relations, ...entity.relations },
});
