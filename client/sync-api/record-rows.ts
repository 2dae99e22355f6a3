import { randomUUID } from 'node:crypto';
import type { SyncRow } from '../../catalog/sync-write.ts';
import {
  type Blueprint,
  type Blueprints,
  blueprintOf,
  foreignKey,
  LANGUAGE_KEY,
  linkEnds,
  linkIdentifier,
  type RelationDeclaration,
  translationsOf,
} from '../../domain/blueprint.ts';
import type { EntityKey, FieldPath } from '../../domain/entity.ts';
import { MAX_IDENTIFIER_BYTES } from '../../domain/entity-limits.ts';
import { isRawRecord, type Json, type RawRecord } from '../../domain/json.ts';
import type { RowKey, SyncError, SyncErrorCode, WrittenRow } from '../../domain/sync-api.ts';
import { fieldProblem, textProblem } from '../field-values.ts';
import { pointerOf } from './json-values.ts';

/** The language of what is written without naming one: the shop's own default (seed S4.14). */
const SYSTEM_LANGUAGE = '2fbb5fe2e29a4d70aa5854ce7ce3e20b';

/** An id that is no 32 hex digits: fine if it is an entity's that is there. */
export interface Unproven extends EntityKey {
  readonly pointer: string;
}

/** What a record comes to. */
export interface RecordRows {
  readonly rows: readonly SyncRow[];
  /** The same, as the answer tells them. */
  readonly written: readonly WrittenRow[];
  readonly unproven: readonly Unproven[];
  readonly errors: readonly SyncError[];
}

type Path = readonly (string | number)[];

const HEX_ID = /^[0-9a-f]{32}$/;

/** Records within records. */
const MAX_NESTING = 10;

/** The rows that an upserted record comes to: itself, its translations, links, and the records within it. */
export function upsertRows(blueprints: Blueprints, entity: string, record: Json, path: Path): RecordRows {
  const reading = new RecordReading(blueprints);
  reading.upsert(entity, record, path);
  return reading;
}

/** The row that a record of a delete names: by its id, or by exactly its foreign keys (seed S4.15, S4.16). */
export function deleteKey(blueprints: Blueprints, entity: string, record: Json, path: Path): RecordRows {
  const reading = new RecordReading(blueprints);
  reading.remove(entity, record, path);
  return reading;
}

class RecordReading implements RecordRows {
  readonly rows: SyncRow[] = [];
  readonly written: WrittenRow[] = [];
  readonly unproven: Unproven[] = [];
  readonly errors: SyncError[] = [];
  private readonly blueprints: Blueprints;

  constructor(blueprints: Blueprints) {
    this.blueprints = blueprints;
  }

  remove(entity: string, record: Json, path: Path): void {
    if (!isRawRecord(record)) {
      this.wrong(path, `must be an object, such as { "id": "…" }, not ${shown(record)}`);
      return;
    }
    const { mapping } = blueprintOf(this.blueprints, entity);
    if (mapping.size > 0) {
      for (const name of Object.keys(record)) {
        if (!mapping.has(name))
          this.wrong([...path, name], `is no foreign key of ${entity}; these are: ${[...mapping.keys()].join(', ')}`);
      }
      const keys = this.foreignKeys(entity, mapping, record, path);
      if (keys) this.add(entity, { identifier: linkIdentifier(Object.values(keys)), key: keys, fields: [] });
      return;
    }
    const { id } = record;
    if (typeof id === 'string' && id !== '') this.add(entity, { identifier: id, key: id, fields: [] });
    else this.wrong([...path, 'id'], `is missing; ${idOrKeys(entity)}`, 'FRAMEWORK__INCONSISTENT_PRIMARY_KEY');
  }

  /** Returns the identifier; `null`: it cannot be told. */
  upsert(entity: string, record: Json, path: Path, depth = 0): string | null {
    if (!isRawRecord(record)) {
      this.wrong(path, `must be an object, a record of ${entity}, not ${shown(record)}`);
      return null;
    }
    if (depth > MAX_NESTING) {
      this.wrong(
        path,
        `lies deeper than ${MAX_NESTING} records within each other; write it by an operation of its own`,
      );
      return null;
    }
    const blueprint = blueprintOf(this.blueprints, entity);
    if (blueprint.mapping.size > 0) return this.upsertLink(entity, blueprint, record, path);
    const identifier = this.identifier(entity, record.id, [...path, 'id']);
    if (identifier === null) return null;
    const fields: [FieldPath, Json][] = [];
    const row = this.add(entity, { identifier, key: identifier, fields });
    for (const [name, value] of Object.entries(record)) {
      if (name === 'id') continue;
      const at = [...path, name];
      if (name === 'translations') this.translations({ entity, blueprint, identifier, fields }, value, at);
      else if (!this.relation({ entity, blueprint, identifier, fields, depth }, name, value, at)) {
        this.property(blueprint, fields, name, value, at);
      }
    }
    this.systemTranslation({ entity, blueprint, identifier, fields });
    row.fields = Object.fromEntries(fields) as SyncRow['fields'];
    return identifier;
  }

  private upsertLink(
    entity: string,
    { mapping, ...blueprint }: Blueprint,
    record: RawRecord,
    path: Path,
  ): string | null {
    const keys = this.foreignKeys(entity, mapping, record, path);
    if (keys === null) return null;
    const fields = Object.entries(keys).map(([name, id]): [FieldPath, Json] => [`relations.${name}`, id]);
    for (const [name, value] of Object.entries(record)) {
      if (!mapping.has(name) && name !== 'id') {
        this.property({ ...blueprint, mapping }, fields, name, value, [...path, name]);
      }
    }
    const identifier = linkIdentifier(Object.values(keys));
    const row = this.add(entity, { identifier, key: keys, fields });
    row.fields = Object.fromEntries(fields) as SyncRow['fields'];
    return identifier;
  }

  /** All of them: a half key would mean other rows as well. */
  private foreignKeys(
    entity: string,
    mapping: Blueprint['mapping'],
    record: RawRecord,
    path: Path,
  ): Record<string, string> | null {
    const keys: [string, string][] = [];
    for (const [name, target] of mapping) {
      const value = record[name];
      const at = [...path, name];
      if (typeof value !== 'string' || value === '') {
        const detail = `is ${value === undefined ? 'missing' : 'no id'}; ${entity} is keyed by ${[...mapping.keys()].join(' and ')}`;
        this.wrong(at, detail, 'FRAMEWORK__INCONSISTENT_PRIMARY_KEY');
      } else if (target === null ? this.holds(value, at) : this.proven(target, value, at)) {
        keys.push([name, value]);
      }
    }
    return keys.length === mapping.size ? Object.fromEntries(keys) : null;
  }

  private identifier(entity: string, id: Json | undefined, path: Path): string | null {
    if (id === undefined) return randomUUID().replaceAll('-', '');
    if (typeof id === 'string' && id !== '') return this.proven(entity, id, path) ? id : null;
    this.wrong(path, `must be an id of 32 lower-case hex digits, not ${shown(id)}`);
    return null;
  }

  /** Whether it can be an id at all; what does not look like one has to be there. */
  private proven(entity: string, id: string, path: Path): boolean {
    if (HEX_ID.test(id)) return true;
    if (!this.holds(id, path)) return false;
    this.unproven.push({ blueprint: entity, identifier: id, pointer: pointerOf(path) });
    return true;
  }

  private holds(id: string, path: Path): boolean {
    // Escaped, half of it has to fit twice into the identifier of a link.
    const problem =
      textProblem(id) ?? (encodeURIComponent(id).length * 2 > MAX_IDENTIFIER_BYTES ? 'is too long for an id' : null);
    if (problem !== null) this.wrong(path, problem);
    return problem === null;
  }

  /** Whether the name is that of a relation. */
  private relation(owner: Owner & { depth: number }, name: string, value: Json, path: Path): boolean {
    const { relations } = owner.blueprint;
    const byName = relations.get(name);
    if (byName?.many) this.links(owner, { name, ...byName }, value, path);
    else if (byName) this.reference(owner, { name, ...byName }, value, path);
    else {
      const byKey = name.endsWith('Id') ? relations.get(name.slice(0, -2)) : undefined;
      if (!byKey || byKey.many) return false;
      this.reference(owner, { name: name.slice(0, -2), ...byKey }, value, path);
    }
    return true;
  }

  private reference(owner: Owner & { depth: number }, relation: NamedRelation, value: Json, path: Path): void {
    const target = value === null ? null : this.target(relation.target, value, path, owner.depth);
    if (target !== undefined) owner.fields.push([`relations.${relation.name}`, target]);
  }

  /** Links are added; to take one away, its row is deleted (seed S4.19). */
  private links(owner: Owner & { depth: number }, relation: NamedRelation, value: Json, path: Path): void {
    if (!Array.isArray(value)) {
      this.wrong(path, `must be a list such as [{ "id": "…" }], not ${shown(value)}`);
      return;
    }
    const targets = value.flatMap((item, index) => {
      const target = this.target(relation.target, item, [...path, index], owner.depth);
      return target === undefined ? [] : [{ target, path: [...path, index] }];
    });
    if (relation.through === null) {
      const links = [...new Set(targets.map(({ target }) => target))];
      owner.fields.push([`relations.${relation.name}`, links]);
      return;
    }
    const ends = linkEnds(this.blueprints, owner.entity, relation);
    for (const { target, path: at } of targets) {
      const keys = { [ends.own]: owner.identifier, [ends.target]: target };
      this.upsertLink(relation.through, blueprintOf(this.blueprints, relation.through), keys, at);
    }
  }

  /** The id that a value in the place of a link names; what else it holds is written. `undefined`: it names none. */
  private target(entity: string, value: Json, path: Path, depth: number): string | undefined {
    if (typeof value === 'string' && value !== '') return this.proven(entity, value, path) ? value : undefined;
    if (!isRawRecord(value)) {
      this.wrong(path, `must be an id, or an object such as { "id": "…" }, not ${shown(value)}`);
      return undefined;
    }
    const names = Object.keys(value);
    if (names.length === 1 && names[0] === 'id') {
      return this.identifier(entity, value.id, [...path, 'id']) ?? undefined;
    }
    return this.upsert(entity, value, path, depth + 1) ?? undefined;
  }

  private property(blueprint: Blueprint, fields: [FieldPath, Json][], name: string, value: Json, path: Path): void {
    const problem =
      (name === '' ? 'has no name' : textProblem(name)) ??
      fieldProblem(value) ??
      (name === 'title' || name === 'team' ? wordsProblem(name, value) : typeProblem(blueprint, name, value));
    if (problem !== null) this.wrong(path, problem);
    else if (name === 'title' || name === 'team') fields.push([name, value]);
    else fields.push([`properties.${name}`, value]);
  }

  /** `{ "<language>": { "<property>": … } }`. */
  private translations(owner: Owner, value: Json, path: Path): void {
    const { entity, blueprint } = owner;
    if (blueprint.translated.length === 0) {
      this.wrong(
        path,
        `${entity} has nothing translated; declare it: blueprints: { ${entity}: { translated: [name] } }`,
      );
    } else if (!isRawRecord(value)) {
      this.wrong(path, `must be an object of texts by language, not ${shown(value)}`);
    } else {
      for (const [language, texts] of Object.entries(value))
        this.translation(owner, language, texts, [...path, language]);
    }
  }

  private translation(owner: Owner, language: string, texts: Json, path: Path): void {
    const { blueprint } = owner;
    if (language === '' || !this.holds(language, path)) return;
    if (!isRawRecord(texts)) {
      this.wrong(path, `must be an object of texts, not ${shown(texts)}`);
      return;
    }
    const fields: [FieldPath, Json][] = [];
    for (const [name, value] of Object.entries(texts)) {
      if (blueprint.translated.includes(name)) this.property(blueprint, fields, name, value, [...path, name]);
      else this.wrong([...path, name], `is not translated; translated are: ${blueprint.translated.join(', ')}`);
    }
    // The entity itself speaks the system's language, which gets its row with the others of the entity.
    if (language === SYSTEM_LANGUAGE) owner.fields.push(...fields);
    else this.translationRow(owner, language, fields);
  }

  private systemTranslation(owner: Owner): void {
    const { translated } = owner.blueprint;
    if (translated.length === 0) return;
    const texts = owner.fields.filter(([path]) =>
      translated.some((name) => path === `properties.${name}` || path === name),
    );
    if (texts.length > 0) this.translationRow(owner, SYSTEM_LANGUAGE, texts);
  }

  private translationRow({ entity, identifier }: Owner, language: string, texts: readonly [FieldPath, Json][]): void {
    const keys = { [foreignKey(entity)]: identifier, [LANGUAGE_KEY]: language };
    const fields = Object.entries(keys).map(([name, id]): [FieldPath, Json] => [`relations.${name}`, id]);
    const row = this.add(translationsOf(entity), {
      identifier: linkIdentifier(Object.values(keys)),
      key: keys,
      fields: [],
    });
    row.fields = Object.fromEntries([...fields, ...texts]) as SyncRow['fields'];
  }

  private add(
    entity: string,
    { identifier, key, fields }: { identifier: string; key: RowKey; fields: readonly [FieldPath, Json][] },
  ): { fields: SyncRow['fields'] } {
    const row = { blueprint: entity, identifier, fields: Object.fromEntries(fields) as SyncRow['fields'] };
    this.rows.push(row);
    this.written.push({ entity, key });
    return row;
  }

  private wrong(path: Path, detail: string, code: SyncErrorCode = 'FRAMEWORK__WRITE_ERROR'): void {
    this.errors.push({ code, pointer: pointerOf(path), detail });
  }
}

/** The entity that a record is about. */
interface Owner {
  readonly entity: string;
  readonly blueprint: Blueprint;
  readonly identifier: string;
  readonly fields: [FieldPath, Json][];
}

type NamedRelation = RelationDeclaration & { readonly name: string };

function typeProblem({ properties }: Blueprint, name: string, value: Json): string | null {
  const type = properties.get(name);
  if (type === undefined || value === null) return null;
  const given = Array.isArray(value) ? 'array' : typeof value;
  return given === type ? null : `must be a value of the type ${type}, not ${shown(value)}`;
}

function wordsProblem(name: 'title' | 'team', value: Json): string | null {
  if (value === null || typeof value === 'string') return null;
  if (name === 'team' && Array.isArray(value) && value.every((item) => typeof item === 'string')) return null;
  return `must be a text${name === 'team' ? ', a list of texts' : ''} or null, not ${shown(value)}`;
}

const idOrKeys = (entity: string): string =>
  `a delete names the row by its id. If ${entity} is a mapping entity, declare its foreign keys: ` +
  `blueprints: { ${entity}: { mapping: { productId: product, … } } }`;

function shown(value: Json | undefined): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : String(value);
}
