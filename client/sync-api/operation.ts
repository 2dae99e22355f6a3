import type { Criterion } from '../../catalog/sync-write.ts';
import { type Blueprints, blueprintOf } from '../../domain/blueprint.ts';
import { MAX_BLUEPRINT_BYTES } from '../../domain/entity-limits.ts';
import type { Json } from '../../domain/json.ts';
import type { SyncError, SyncedRecord, WrittenRow } from '../../domain/sync-api.ts';
import { textProblem } from '../field-values.ts';
import { readCriteria } from './criteria.ts';
import { pointerOf } from './json-values.ts';

export interface RecordState extends SyncedRecord {
  rows: readonly WrittenRow[];
  missing: readonly WrittenRow[];
  errors: SyncError[];
}

/** Of a record that is not written: nothing was wrong with it, and nothing was done. */
export const UNTOUCHED: RecordState = Object.freeze({ rows: [], missing: [], errors: [] });

/** An operation as it is read. */
export class Operation {
  readonly key: string;
  readonly records: RecordState[] = [];
  readonly errors: SyncError[] = [];
  criteria: readonly Criterion[] | null = null;
  private hasBadRecords = false;
  private readonly parts = new Map<string, Json>();

  constructor(key: string) {
    this.key = key;
  }

  get action(): 'upsert' | 'delete' | null {
    const action = this.parts.get('action');
    return action === 'upsert' || action === 'delete' ? action : null;
  }

  /** `null`: it cannot be one. */
  get entity(): string | null {
    const entity = this.parts.get('entity');
    if (typeof entity !== 'string' || entity === '' || textProblem(entity) !== null) return null;
    return Buffer.byteLength(entity) > MAX_BLUEPRINT_BYTES ? null : entity;
  }

  /** Entity and action are said, whether or not they hold: its records can be read. */
  get isSaid(): boolean {
    return this.parts.has('entity') && this.parts.has('action');
  }

  get hasErrors(): boolean {
    return this.errors.length > 0 || this.hasBadRecords;
  }

  /** Notes what is wrong with a record. */
  addErrors(record: number, errors: readonly SyncError[]): void {
    this.hasBadRecords = true;
    this.records[record] = { ...UNTOUCHED, errors: [...(this.records[record]?.errors ?? []), ...errors] };
  }

  say(name: string, value: Json): void {
    this.parts.set(name, value);
  }

  /** Looks at what it says of itself, when it is read to its end. */
  check(blueprints: Blueprints, isObject: boolean): void {
    if (!isObject) {
      this.wrong('', 'must be an object with `entity`, `action` and `payload`');
      return;
    }
    const { action, entity } = this;
    if (entity === null) this.wrong('entity', `must be the name of an entity, of at most ${MAX_BLUEPRINT_BYTES} bytes`);
    if (action === null) this.wrong('action', 'must be `upsert` or `delete`');
    for (const name of this.parts.keys()) {
      if (!KNOWN.includes(name)) this.wrong(name, `is no part of an operation; these are: ${KNOWN.join(', ')}`);
    }
    const criteria = this.parts.get('criteria');
    if (criteria !== undefined) this.checkCriteria(blueprints, criteria);
    else if (this.parts.has('payload')) this.wrong('payload', 'must be a list of records');
    else if (this.records.length === 0) {
      this.wrong(
        'payload',
        `must be a list of at least one record${action === 'delete' ? ', or `criteria` must be given' : ''}`,
      );
    }
  }

  private checkCriteria(blueprints: Blueprints, criteria: Json): void {
    const { action, entity } = this;
    if (action === 'upsert') this.wrong('criteria', 'are for deletes only');
    if (this.records.length > 0 || this.parts.has('payload'))
      this.wrong('criteria', 'stand in place of a payload, not beside it');
    const read = readCriteria(blueprintOf(blueprints, entity ?? ''), criteria);
    if (typeof read === 'string') this.wrong('criteria', read);
    else this.criteria = read;
  }

  private wrong(part: string, detail: string): void {
    const pointer = pointerOf(part === '' ? [this.key] : [this.key, part]);
    this.errors.push({ code: 'FRAMEWORK__INVALID_SYNC_OPERATION', pointer, detail });
  }
}

const KNOWN = ['entity', 'action', 'payload', 'criteria', 'key'];
