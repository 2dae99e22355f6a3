import type { Blueprints } from '../../domain/blueprint.ts';
import type { Fields } from '../../domain/entity.ts';
import type { KnownEntity, Remote, RemoteAnswer, RemoteEntity, RemoteLimits } from '../remote/remote.ts';
import { PARALLEL, type ShopAccount } from './account.ts';
import { inOrder, ranksOf } from './order.ts';
import type { Job } from './requests.ts';
import { type RowChange, rowsToRemove, rowsToWrite } from './rows.ts';
import type { ShopwareSettings } from './settings.ts';
import { SyncCall, type SyncManner } from './sync-call.ts';
import { UnsendableError } from './unsendable.ts';

/** What web servers in front of a shop let in at least, mostly; above, requests are halved. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Milliseconds that a call has, its retries included. */
const CALL_DEADLINE = 5 * 60_000;

export interface ShopwareRemoteParts {
  readonly settings: ShopwareSettings;
  readonly blueprints: Blueprints;
  /** Called before anything of a call is sent. */
  readonly beforeCall: () => Promise<void>;
}

/** A shop as a remote destination: the Sync API in the dialect that the settings name (sync-semantics 9). */
export class ShopwareRemote implements Remote {
  readonly limits: RemoteLimits;
  readonly #account: ShopAccount;
  readonly #manner: SyncManner;
  readonly #blueprints: Blueprints;
  readonly #beforeCall: () => Promise<void>;
  readonly #ranks: ReadonlyMap<string, number>;

  constructor(account: ShopAccount, { settings, blueprints, beforeCall }: ShopwareRemoteParts) {
    const { batchSize } = settings;
    this.#beforeCall = beforeCall;
    this.limits = {
      maxEntities: batchSize,
      maxBytes: MAX_BYTES,
      maxDeletes: batchSize,
      parallel: PARALLEL,
      callDeadline: CALL_DEADLINE,
    };
    this.#account = account;
    this.#manner = mannerOf(settings);
    this.#blueprints = blueprints;
    this.#ranks = ranksOf(blueprints);
  }

  rank(blueprint: string): number {
    return this.#ranks.get(blueprint) ?? 0;
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.#account.limit.wait(signal);
  }

  write(entities: readonly RemoteEntity[], signal: AbortSignal): Promise<readonly RemoteAnswer[]> {
    const byRank = entities.toSorted((a, b) => this.rank(a.blueprint) - this.rank(b.blueprint));
    const ordered = inOrder(byRank, this.#blueprints);
    return this.#call(entities, { ordered, rows: (entity) => rowsToWrite(entity, this.#blueprints), signal });
  }

  remove(entities: readonly KnownEntity[], signal: AbortSignal): Promise<readonly RemoteAnswer[]> {
    const known = entities.map((entity): RemoteEntity => ({ ...entity, fields: entity.held.at(-1) ?? NOTHING }));
    const byRank = known.toReversed().sort((a, b) => this.rank(a.blueprint) - this.rank(b.blueprint));
    const ordered = inOrder(byRank, this.#blueprints).reverse();
    return this.#call(known, { ordered, rows: (entity) => rowsToRemove(entity, this.#blueprints), signal });
  }

  async #call(entities: readonly RemoteEntity[], { ordered, rows, signal }: Call): Promise<RemoteAnswer[]> {
    const answers: (RemoteAnswer | undefined)[] = entities.map(() => undefined);
    const jobs: Job[] = [];
    for (const entity of ordered) {
      const place = entities.indexOf(entity);
      try {
        jobs.push({ place, changes: rows(entity) });
      } catch (error) {
        if (!(error instanceof UnsendableError)) throw error;
        answers[place] = { outcome: 'refused', reason: error.message };
      }
    }
    if (jobs.length > 0) await this.#beforeCall();
    const sent = await new SyncCall(this.#account, this.#manner, signal).send(jobs);
    for (const [{ place }, answer] of sent) answers[place] = answer;
    return answers.map((answer) => answer ?? { outcome: 'unanswered', reason: 'the shop did not say' });
  }
}

const NOTHING = {} as Fields;

interface Call {
  /** The same entities, in the order in which they are to be sent. */
  readonly ordered: readonly RemoteEntity[];
  readonly rows: (entity: RemoteEntity) => RowChange[];
  readonly signal: AbortSignal;
}

const BEHAVIOR = { immediate: null, queue: 'use-queue-indexing', disabled: 'disable-indexing' } as const;

/** Header names and values of seed 004. */
function mannerOf({ dialect, indexing, singleOperation = true, batchSize }: ShopwareSettings): SyncManner {
  const behavior = BEHAVIOR[indexing];
  const indexed: Record<string, string> = behavior === null ? {} : { 'indexing-behavior': behavior };
  if (dialect === 'v6.5') return { path: '/api/_action/sync', headers: indexed, batchSize };
  // Record by record, an operation with errors must not take the others with it.
  const together: Record<string, string> = singleOperation ? { 'single-operation': '1' } : { 'fail-on-error': 'false' };
  return { path: '/api/v3/_action/sync', headers: { ...indexed, ...together }, batchSize };
}
