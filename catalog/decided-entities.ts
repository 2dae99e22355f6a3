import type { Base, OtherClaim, StoredRecord } from '../domain/conflict/vector.ts';
import { type EntityKey, type Fields, identityOf } from '../domain/entity.ts';
import type { Json } from '../domain/json.ts';
import { sameJson } from '../domain/json-equality.ts';

/** A claim on an entity as it is read for decisions. */
export interface HeldClaim {
  readonly integration: string;
  readonly resource: string;
  readonly recordKey: string;
  /** What it writes whatever is there: the whole of it where the policy is plain. */
  readonly base: Fields;
  /** `null`: its policy is plain. */
  readonly conflictBase: Base | null;
  readonly contentHash: string | null;
  readonly contentSince: string | null;
  readonly observedAt: string;
}

/** An entity of the batch with its claims, in the order in which contents are merged. */
export interface HeldEntity extends EntityKey {
  readonly record: StoredRecord | null;
  readonly claims: readonly HeldClaim[];
  /** Claims that come before those of the batch's resource. */
  readonly before: number;
}

interface Present {
  readonly key: EntityKey;
  readonly stored: StoredRecord | null;
  record: StoredRecord | null;
  claims: HeldClaim[];
  readonly before: number;
}

type RowKey = EntityKey & { readonly recordKey: string };

/** What a record made of its entity and of its claim. */
export interface Outcome {
  readonly record: StoredRecord | null;
  readonly base: Fields;
  readonly conflictBase: Base | null;
}

/** The entities of a batch while it is decided: each record sees what those before it did. */
export class DecidedEntities {
  readonly #present: Map<string, Present>;
  readonly #own: { readonly integration: string; readonly resource: string };

  constructor(
    held: readonly HeldEntity[],
    { integration, batch }: { readonly integration: string; readonly batch: { readonly resource: string } },
  ) {
    this.#own = { integration, resource: batch.resource };
    this.#present = new Map(
      held.map(({ record, claims, before, ...key }) => [
        identityOf(key),
        { key, stored: record, record, claims: [...claims], before },
      ]),
    );
  }

  recordOf(key: EntityKey): StoredRecord | null {
    return this.#of(key).record;
  }

  claimOf(row: RowKey): HeldClaim | null {
    return this.#of(row).claims.find((claim) => this.#isOwn(claim, row)) ?? null;
  }

  /** The other claims on the entity; a new claim of the batch's resource comes where its record key puts it. */
  othersOf(row: RowKey): OtherClaim[] {
    const { claims } = this.#of(row);
    const place = this.#placeOf(row);
    return claims.flatMap((claim, index): OtherClaim[] => {
      if (this.#isOwn(claim, row)) return [];
      const { integration, base, conflictBase } = claim;
      const known = conflictBase ?? { fields: {} as Fields, times: {} };
      return [{ origin: integration, isLater: index >= place, asserted: base, base: known }];
    });
  }

  write(row: RowKey, { record, base, conflictBase }: Outcome): void {
    const entity = this.#of(row);
    entity.record = record;
    const { integration, resource } = this.#own;
    const known = this.claimOf(row) ?? {
      integration,
      resource,
      recordKey: row.recordKey,
      contentHash: null,
      contentSince: null,
      observedAt: '',
    };
    const claim = { ...known, base, conflictBase };
    const at = entity.claims.findIndex((each) => this.#isOwn(each, row));
    if (at >= 0) entity.claims[at] = claim;
    else entity.claims.splice(this.#placeOf(row), 0, claim);
  }

  /** Whether the content is not what it was before the batch. */
  hasChanged(key: EntityKey): boolean {
    return isChanged(this.#of(key));
  }

  get created(): number {
    return [...this.#present.values()].filter(({ stored, record }) => stored === null && record !== null).length;
  }

  get updated(): number {
    return [...this.#present.values()].filter((entity) => entity.stored !== null && isChanged(entity)).length;
  }

  /** The records that are to be stored: with another content, or other times. */
  *moved(): Generator<EntityKey & { readonly record: StoredRecord }> {
    for (const { key, stored, record } of this.#present.values()) {
      if (record !== null && record !== stored) yield { ...key, record };
    }
  }

  #of(key: EntityKey): Present {
    return this.#present.get(identityOf(key)) as Present;
  }

  #isOwn({ integration, resource, recordKey }: HeldClaim, row: RowKey): boolean {
    return integration === this.#own.integration && resource === this.#own.resource && recordKey === row.recordKey;
  }

  #placeOf(row: RowKey): number {
    const { claims, before } = this.#of(row);
    const { integration, resource } = this.#own;
    let place = before;
    while (place < claims.length) {
      const claim = claims[place] as HeldClaim;
      if (claim.integration !== integration || claim.resource !== resource) break;
      if (compareBytes(claim.recordKey, row.recordKey) >= 0) break;
      place += 1;
    }
    return place;
  }
}

const isChanged = ({ stored, record }: Present): boolean =>
  record !== stored && !sameJson(stored?.fields as Json | undefined, record?.fields as Json | undefined);

/** As PostgreSQL's collation "C" compares. */
const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
