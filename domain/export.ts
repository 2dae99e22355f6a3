import type { Entity, EntityKey } from './entity.ts';

/** What an export selects (sync-semantics 8.2). */
export interface ExportRequest {
  /** Only records of this blueprint, and what they refer to; `null`: every blueprint. */
  readonly blueprint: string | null;
  /** Only records that changed at this time (RFC 3339) or later, they or a component of theirs; `null`: every record. */
  readonly msince: string | null;
  /** Whether records that are gone are told of. */
  readonly deleted: boolean;
  /**
   * As another Tidemark reads it: only what is held here by other sources than Tidemarks, so that no two of them keep an
   * entity alive for each other (sync-semantics 8.6); and without what records refer to, which it reads by itself.
   */
  readonly peer: boolean;
}

/** An entity as it is exported. */
export interface ExportedEntity extends Entity {
  /** When it, or a component of it, last changed in this catalog: RFC 3339 in UTC. */
  readonly changedAt: string;
  /** When it last changed where it came from; where that does not tell, when its content last changed here. */
  readonly modifiedAt: string;
  /** For another Tidemark: the same for single fields, where it is known. */
  readonly times?: Readonly<Record<string, string>> | undefined;
  /** For another Tidemark, where nothing but edits of people holds it: when the last of them was made. */
  readonly editedAt?: string | undefined;
}

/** A record, whole: with the components that belong to it, by blueprint and identifier. */
export interface ExportedRecord extends ExportedEntity {
  readonly type: 'entity';
  /** Not selected itself: a record that was sent refers to it. */
  readonly referenced: boolean;
  readonly components: readonly ExportedEntity[];
}

/** A record or a component that is gone. */
export interface ExportedTombstone extends EntityKey {
  readonly type: 'tombstone';
  readonly changedAt: string;
  /** When it was deleted where it came from, as far as that is known. */
  readonly deletedAt: string;
  /** The record that the component belonged to; `null`: it was a record itself. */
  readonly parent: EntityKey | null;
}

/**
 * One line of an export. `cursor`: an export that breaks off can go on from here, within a day. `end`: everything was
 * sent. The next export asks for what changed since `msince`, which is the same in all lines of an export.
 */
export type ExportLine =
  | ExportedRecord
  | ExportedTombstone
  | { readonly type: 'cursor'; readonly cursor: string; readonly msince: string }
  | { readonly type: 'end'; readonly msince: string };

/** Where an export goes on: a phase, and the last row of it that was sent; empty: from its start. */
export interface ExportPlace {
  readonly phase: ExportPhase;
  readonly after: readonly string[];
}

/** In this order, so that what is deleted while the export goes on is told of after it was sent. */
export const EXPORT_PHASES = ['records', 'references', 'tombstones'] as const;
export type ExportPhase = (typeof EXPORT_PHASES)[number];
