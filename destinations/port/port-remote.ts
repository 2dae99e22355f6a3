import type { EntityKey } from '../../domain/entity.ts';
import { DestinationError } from '../../domain/errors.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import { CallFailure } from '../http/call-failure.ts';
import type { JsonAnswer, JsonClient } from '../http/json-client.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import type { KnownEntity, Remote, RemoteAnswer, RemoteEntity, RemoteLimits } from '../remote/remote.ts';
import { makeBlueprints } from './blueprints.ts';
import { entityBody } from './entity-body.ts';
import type { PortSettings } from './settings.ts';
import { DATASOURCE_PREFIX, datasourceSuffix } from './user-agent.ts';

/** Keys of one page of the owned list. */
const OWNED_PAGE = 1_000;

export interface PortRemoteParts {
  readonly client: JsonClient;
  readonly limit: RateLimit;
  readonly limits: RemoteLimits;
  readonly settings: Pick<PortSettings, 'merge' | 'createMissingRelatedEntities' | 'createBlueprints'>;
  readonly integration: string;
  /** Of the configuration, by name. */
  readonly blueprints: Readonly<Record<string, unknown>>;
}

/** A Port-compatible API (sync-semantics 10). */
export class PortRemote implements Remote {
  readonly limits: RemoteLimits;
  readonly #parts: PortRemoteParts;

  constructor(parts: PortRemoteParts) {
    this.limits = parts.limits;
    this.#parts = parts;
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.#parts.limit.wait(signal);
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { client, settings, blueprints } = this.#parts;
    if (settings.createBlueprints) await aware(() => makeBlueprints(client, blueprints, signal));
  }

  write(entities: readonly RemoteEntity[], signal: AbortSignal): Promise<readonly RemoteAnswer[]> {
    return eachBlueprint(entities, (blueprint, group) => this.#upsert(blueprint, group, signal));
  }

  remove(entities: readonly KnownEntity[], signal: AbortSignal): Promise<readonly RemoteAnswer[]> {
    return eachBlueprint(entities, (blueprint, group) => this.#remove(blueprint, group, signal));
  }

  async *owned(signal: AbortSignal): AsyncGenerator<readonly EntityKey[]> {
    const { client, integration } = this.#parts;
    const asked = { datasource_prefix: DATASOURCE_PREFIX, datasource_suffix: datasourceSuffix(integration) };
    for (let from: string | undefined; ; ) {
      const page = { ...asked, limit: OWNED_PAGE, ...(from === undefined ? {} : { from }) };
      const path = '/blueprints/entities/datasource-entities';
      await this.ready(signal);
      const { status, body } = await aware(() => client.send({ method: 'POST', path, body: page, signal }));
      if (status !== 200 || !isRawRecord(body) || !Array.isArray(body.entities)) {
        throw new DestinationError(`POST ${path} answered ${status} and no list of entities`);
      }
      yield body.entities.filter(isRawRecord).map(keyOf);
      const { next } = body;
      if (typeof next !== 'string' || next === '') return;
      if (next === from) throw new DestinationError(`POST ${path} names the same page again: its list never ends`);
      from = next;
    }
  }

  async #upsert(blueprint: string, entities: readonly RemoteEntity[], signal: AbortSignal): Promise<RemoteAnswer[]> {
    const { client, settings } = this.#parts;
    const query = new URLSearchParams({
      upsert: 'true',
      merge: String(settings.merge),
      create_missing_related_entities: String(settings.createMissingRelatedEntities),
    });
    const path = `/blueprints/${encodeURIComponent(blueprint)}/entities/bulk?${query}`;
    const body = { entities: entities.map((entity) => entityBody(entity, settings.merge)) };
    const answer = await client.send({ method: 'POST', path, body, signal });
    if (answer.status === 200 || answer.status === 207) return this.#answers(answer, entities.length);
    if (answer.status === 404) throw new DestinationError(this.#noBlueprint(blueprint));
    return this.#oneByOne(entities, answer, (half) => this.#upsert(blueprint, half, signal));
  }

  async #remove(blueprint: string, entities: readonly KnownEntity[], signal: AbortSignal): Promise<RemoteAnswer[]> {
    const path = `/blueprints/${encodeURIComponent(blueprint)}/bulk/entities/delete`;
    const body = { entities: entities.map(({ identifier }) => identifier) };
    const answer = await this.#parts.client.send({ method: 'POST', path, body, signal });
    if (answer.status === 200 || answer.status === 207) return this.#answers(answer, entities.length);
    // Without the blueprint there is no entity of it either.
    if (answer.status === 404) return entities.map(() => DONE);
    return this.#oneByOne(entities, answer, (half) => this.#remove(blueprint, half, signal));
  }

  /** Too large, or refused as a whole: in halves, down to the entity that it is about. */
  async #oneByOne<T>(
    entities: readonly T[],
    answer: JsonAnswer,
    again: (half: readonly T[]) => Promise<RemoteAnswer[]>,
  ): Promise<RemoteAnswer[]> {
    if (entities.length === 1) return [{ outcome: 'refused', reason: this.#reason(answer.body, answer.status) }];
    const middle = Math.ceil(entities.length / 2);
    return [...(await again(entities.slice(0, middle))), ...(await again(entities.slice(middle)))];
  }

  #answers({ status, body }: JsonAnswer, count: number): RemoteAnswer[] {
    if (!isRawRecord(body)) {
      return Array.from({ length: count }, () => ({ outcome: 'unanswered', reason: 'Port answered no JSON' }));
    }
    const errors = new Map<Json, RawRecord>(recordsIn(body.errors).map((error) => [error.index ?? null, error]));
    const listed = new Set(recordsIn(body.entities).map(({ index }) => index));
    return Array.from({ length: count }, (_, index): RemoteAnswer => {
      const error = errors.get(index);
      if (error) return this.#refusal(error);
      if (status === 200 || listed.has(index)) return DONE;
      return { outcome: 'unanswered', reason: `Port did not say what became of entity ${index} of ${count}` };
    });
  }

  #refusal(error: RawRecord): RemoteAnswer {
    const status = typeof error.statusCode === 'number' ? error.statusCode : 422;
    const reason = this.#reason(error, status);
    if (status === 429 || status >= 500) return { outcome: 'later', reason };
    const isMissing = status === 404 || error.error === 'not_found';
    return { outcome: isMissing ? 'missing-relation' : 'refused', reason };
  }

  #reason(body: Json, status: number): string {
    const message = isRawRecord(body) && typeof body.message === 'string' ? body.message : '';
    return `Port refused it with ${status}${message === '' ? '' : `: ${this.#parts.client.safe(message)}`}`;
  }

  #noBlueprint(blueprint: string): string {
    return (
      `Port has no blueprint ${blueprint}: make it there, or declare it under \`blueprints\` ` +
      'and set destination.createBlueprints: true'
    );
  }
}

const DONE: RemoteAnswer = { outcome: 'done' };

/** A failed call of one blueprint says nothing of the others. */
async function eachBlueprint<T extends EntityKey>(
  entities: readonly T[],
  call: (blueprint: string, group: readonly T[]) => Promise<readonly RemoteAnswer[]>,
): Promise<readonly RemoteAnswer[]> {
  const answers = new Map<T, RemoteAnswer>();
  for (const [blueprint, group] of byBlueprint(entities)) {
    const answered = await call(blueprint, group).catch((error: unknown) => group.map(() => failed(error)));
    for (const [index, entity] of group.entries()) answers.set(entity, answered[index] as RemoteAnswer);
  }
  return entities.map((entity) => answers.get(entity) as RemoteAnswer);
}

function byBlueprint<T extends EntityKey>(entities: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entity of entities) groups.set(entity.blueprint, [...(groups.get(entity.blueprint) ?? []), entity]);
  return groups;
}

function failed(error: unknown): RemoteAnswer {
  if (!(error instanceof CallFailure)) throw error;
  return { outcome: error.effect === 'none' ? 'later' : 'unanswered', reason: error.message };
}

/** Outside of writes an answer that is missing concerns the run as a whole. */
async function aware<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof CallFailure ? new DestinationError(error.message) : error;
  }
}

const recordsIn = (value: Json | undefined): RawRecord[] => (Array.isArray(value) ? value.filter(isRawRecord) : []);

const keyOf = ({ blueprint, identifier }: RawRecord): EntityKey => ({
  blueprint: String(blueprint),
  identifier: String(identifier),
});
