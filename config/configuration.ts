import type { Policy } from '../domain/conflict/policy.ts';
import type { DeleteLimits } from '../domain/delete-guards.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { TriggerPolicy } from '../domain/trigger.ts';
import type { Problem } from './problem.ts';

/** Texts of the JSONata expressions of one resource's `entity:`. A field that is not named is not mapped. */
export interface EntityMapping {
  readonly identifier: string;
  readonly blueprint: string;
  readonly title: string | null;
  readonly team: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly relations: Readonly<Record<string, string>>;
  /** When the record last changed at the source. */
  readonly modifiedAt: string | null;
}

/** One entry of `resources:`. */
export interface Resource {
  /**
   * The resource's name in claims: the kind, and for the second and later entries of one kind the kind with its
   * number (`repository`, `repository#2`).
   */
  readonly key: string;
  /** The entry's place in the configuration, from 0: the order in which several claims' contents are merged. */
  readonly position: number;
  readonly kind: string;
  /** JSONata, boolean. Default `true`. */
  readonly query: string;
  /** The source's own selector fields, as its definition parsed them. */
  readonly selector: Readonly<Record<string, unknown>>;
  readonly entity: EntityMapping;
  /** JSONata that yields an array: one entity per item. `null`: one entity per record. */
  readonly itemsToParse: string | null;
  /** What may be done to the destination's entities: the resource's own, else the integration's. Default both. */
  readonly strategy: Strategy;
  /** The same, and which side of a field stands; each key is the resource's own, else the integration's. */
  readonly policy: Policy;
  /** JSONata over the vector, which may set the policy record by record (sync-semantics 7.7). */
  readonly resolve: string | null;
}

export interface Integration {
  readonly id: string;
  readonly source: { readonly type: string; readonly settings: Readonly<Record<string, unknown>> };
  readonly destination: { readonly type: string; readonly settings: Readonly<Record<string, unknown>> };
  /** Milliseconds until a cancelled run is left behind. Default 5 s. */
  readonly cancelDeadline: number;
  /** Kinds side by side. Default 4. */
  readonly concurrency: number;
  /** Milliseconds between scheduled resyncs; `null`: none. */
  readonly scheduledResyncInterval: number | null;
  /** What a trigger does to a resync that runs (sync-semantics 4.2, 4.3). Default `restart`. */
  readonly onTrigger: TriggerPolicy;
  /** After so many aborted resyncs in a row the next one may finish; 0: never (sync-semantics 4.4). Default 5. */
  readonly starvationGuard: number;
  /** Milliseconds that an incremental run reads again before its checkpoint (sync-semantics 2.8). Default 10 min. */
  readonly checkpointOverlap: number;
  readonly deletes: DeleteLimits & {
    /** Candidates of a kind above which the second look lists again instead of looking each one up. Default 200. */
    readonly lookupLimit: number;
    /** Claims of resources that are no longer configured (sync-semantics 3.4). Default `hold`. */
    readonly removed: 'hold' | 'delete';
  };
  readonly resources: readonly Resource[];
}

/**
 * An integration's configuration as it is stored and pinned by a run: plain JSON, references to the environment
 * (`${env:NAME}`) left in place, so that no secret is stored.
 */
export interface IntegrationDocument {
  readonly id: string;
  readonly integration: unknown;
  readonly blueprints: unknown;
}

/** What the HTTP server listens on and lets in. */
export interface ServerSettings {
  /** Default 127.0.0.1: this machine only. */
  readonly host: string;
  /** Default 8480. */
  readonly port: number;
  /** What callers prove themselves by; `null`: one is made and kept. */
  readonly token: string | null;
  /** Bytes that a request's body may have. Default 64 MB. */
  readonly maxBody: number;
}

/** The file, read and checked. */
export interface Configuration {
  readonly file: string;
  readonly server: ServerSettings;
  readonly integrations: readonly Integration[];
  /** For storage, in the same order. */
  readonly documents: readonly IntegrationDocument[];
  /** What is allowed and probably not meant, such as a mapped field that no update could change. */
  readonly warnings: readonly Problem[];
}
