import type { Database } from '../catalog/database.ts';
import { listBlueprints } from '../catalog/entities.ts';
import { type BegunExport, beginExport, resumeExport } from '../catalog/export.ts';
import {
  type ExportPage,
  type ExportRow,
  exportedRecords,
  exportedReferences,
  exportedTombstones,
  type RecordRow,
} from '../catalog/export-pages.ts';
import { noteReferences, relationTargets } from '../catalog/export-references.ts';
import { type EntityKey, toEntity } from '../domain/entity.ts';
import { UsageError } from '../domain/errors.ts';
import {
  EXPORT_PHASES,
  type ExportedEntity,
  type ExportLine,
  type ExportPhase,
  type ExportPlace,
  type ExportRequest,
} from '../domain/export.ts';
import { parseTime } from '../domain/time.ts';
import { decodeCursor, encodeCursor } from './export-cursor.ts';

export interface ExportOptions {
  readonly blueprint?: string | undefined;
  /** `YYYY-MM-DDThh:mm:ssZ`, or another form of RFC 3339. */
  readonly msince?: string | undefined;
  readonly deleted?: boolean | undefined;
  /** As another Tidemark reads it: only what is held here by other sources than Tidemarks. */
  readonly peer?: boolean | undefined;
  /** Go on after this line of an export that broke off, with the same settings. */
  readonly cursor?: string | undefined;
}

/**
 * The lines of an export, page by page: a page is read when the one before was taken, so memory holds one page whatever
 * the catalog holds (sync-semantics 8.5). The cursor stands after the page that it goes on from, `end` at the end.
 */
export async function* exportLines(db: Database, options: ExportOptions): AsyncGenerator<ExportLine> {
  const request = requestOf(options);
  const place = options.cursor === undefined ? null : decodeCursor(options.cursor);
  const begun = place === null ? await beginExport(db, request) : await resumeExport(db, place.id);
  requireSame(begun, request);
  const { phase: first, after } = place ?? START;
  const exporting = new Export(db, begun);
  for (const phase of EXPORT_PHASES.slice(EXPORT_PHASES.indexOf(first))) {
    yield* exporting.phase(phase, phase === first ? after : []);
  }
  yield { type: 'end', msince: begun.nextMsince };
}

const START: ExportPlace = { phase: 'records', after: [] };

/** Throws `UsageError` for a time that is none: it must become neither "everything" nor "nothing" (8.1). */
function requestOf({ blueprint, msince, deleted = false, peer = false }: ExportOptions): ExportRequest {
  const time = msince === undefined ? null : parseTime(msince);
  if (msince !== undefined && time === null) throw new UsageError(notMsince(msince));
  return { blueprint: blueprint ?? null, msince: time, deleted, peer };
}

const notMsince = (text: string): string =>
  `msince "${text.slice(0, 100)}" is not a time of the form YYYY-MM-DDThh:mm:ssZ, such as 2026-01-31T12:00:00Z`;

function requireSame(begun: BegunExport, request: ExportRequest): void {
  const keys = ['blueprint', 'msince', 'deleted', 'peer'] as const;
  const other = keys.find((key) => begun[key] !== request[key]);
  if (other !== undefined) throw new UsageError(`the cursor belongs to an export of another ${other}`);
}

class Export {
  readonly #db: Database;
  readonly #begun: BegunExport;
  #references: ReferenceNames | null = null;

  constructor(db: Database, begun: BegunExport) {
    this.#db = db;
    this.#begun = begun;
  }

  async *phase(phase: ExportPhase, after: readonly string[]): AsyncGenerator<ExportLine> {
    if (!this.#has(phase)) return;
    for (let at: readonly string[] | null = after; at !== null; ) {
      const { lines, next } = await this.#page(phase, at);
      yield* lines;
      at = next;
      if (next === null) return;
      const { id, nextMsince } = this.#begun;
      yield { type: 'cursor', cursor: encodeCursor({ id, phase, after: next }), msince: nextMsince };
    }
  }

  /** What selects everything has nothing left to refer to. */
  #has(phase: ExportPhase): boolean {
    const { msince, blueprint, deleted, peer } = this.#begun;
    if (phase === 'references') return !peer && (msince !== null || blueprint !== null);
    return phase === 'records' || deleted;
  }

  async #page(phase: ExportPhase, after: readonly string[]): Promise<Page> {
    if (phase === 'tombstones') {
      const { rows, next } = await exportedTombstones(this.#db, this.#begun, after);
      const lines = rows.map(({ blueprint, identifier, changedAt, deletedAt, parent }): ExportLine => {
        return { type: 'tombstone', blueprint, identifier, changedAt, deletedAt, parent };
      });
      return { lines, next };
    }
    const isReference = phase === 'references';
    const page = await (isReference ? exportedReferences : exportedRecords)(this.#db, this.#begun, after);
    await this.#note(page);
    return { lines: page.rows.map((row) => lineOf(row, isReference)), next: page.next };
  }

  /** Before a page is handed out: whoever goes on after it finds what it refers to. */
  async #note({ rows }: ExportPage<RecordRow>): Promise<void> {
    if (!this.#has('references')) return;
    this.#references ??= await ReferenceNames.read(this.#db);
    const all = rows.flatMap((row): ExportRow[] => [row, ...row.components]);
    await noteReferences(this.#db, this.#begun, this.#references.in(all));
  }
}

interface Page {
  readonly lines: readonly ExportLine[];
  readonly next: readonly string[] | null;
}

function lineOf(row: RecordRow, referenced: boolean): ExportLine {
  return { type: 'entity', ...exported(row), referenced, components: row.components.map(exported) };
}

function exported({
  blueprint,
  identifier,
  fields,
  changedAt,
  modifiedAt,
  times,
  editedAt,
}: ExportRow): ExportedEntity {
  const forPeers = { ...(times ? { times } : {}), ...(editedAt ? { editedAt } : {}) };
  return { ...toEntity({ blueprint, identifier }, fields), changedAt, modifiedAt, ...forPeers };
}

const RELATION = 'relations.';

/** Tells which entities a record's relations name. */
class ReferenceNames {
  readonly #targets: ReadonlyMap<string, readonly string[]>;
  /** A relation that no blueprint declares may point to any. */
  readonly #blueprints: readonly string[];

  private constructor(targets: ReadonlyMap<string, readonly string[]>, blueprints: readonly string[]) {
    this.#targets = targets;
    this.#blueprints = blueprints;
  }

  static async read(db: Database): Promise<ReferenceNames> {
    const targets = new Map<string, string[]>();
    for (const { blueprint, relation, target } of await relationTargets(db)) {
      const name = nameOf(blueprint, relation);
      targets.set(name, [...(targets.get(name) ?? []), target]);
    }
    return new ReferenceNames(targets, await listBlueprints(db));
  }

  in(rows: readonly ExportRow[]): EntityKey[] {
    return rows.flatMap(({ blueprint, fields }) =>
      Object.entries(fields).flatMap(([path, value]) => {
        if (!path.startsWith(RELATION)) return [];
        const targets = this.#targets.get(nameOf(blueprint, path.slice(RELATION.length))) ?? this.#blueprints;
        const identifiers = [value].flat().filter((identifier) => typeof identifier === 'string');
        return identifiers.flatMap((identifier) => targets.map((target) => ({ blueprint: target, identifier })));
      }),
    );
  }
}

const nameOf = (blueprint: string, relation: string): string => JSON.stringify([blueprint, relation]);
