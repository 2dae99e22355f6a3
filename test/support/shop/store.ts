import { randomUUID } from 'node:crypto';
import { isRawRecord, type Json, type RawRecord } from '../../../domain/json.ts';
import { ENTITIES, type ShopEntity } from './entities.ts';
import { notBlank, ShopError } from './errors.ts';

export type Row = Readonly<Record<string, Json>>;

/** The languages of the test shop by their locale; the first is the system's, which every row must have. */
const LANGUAGES: Readonly<Record<string, string>> = {
  'en-GB': '2fbb5fe2e29a4d70aa5854ce7ce3e20b',
  'de-DE': 'c1f2a0a0b7c34d0f9a3b1f0f5a1e2d3c',
};
const [SYSTEM_LANGUAGE = ''] = Object.values(LANGUAGES);

const HEX = /^[0-9a-f]{32}$/;

/** What was written or deleted, by entity, in the shop's order: an id, or the parts of a composite key. */
export type Touched = Record<string, (string | Row)[]>;

/** The shop's tables: rows by their primary key, foreign keys held, all or nothing within a transaction. */
export class ShopStore {
  #tables = new Map<string, Map<string, Row>>();

  rows(entity: string): Row[] {
    return [...this.#table(entity).values()];
  }

  row(entity: string, key: Row | string): Row | undefined {
    return this.#table(entity).get(typeof key === 'string' ? key : keyOf(entity, key));
  }

  clear(): void {
    this.#tables = new Map();
  }

  /** Undoes everything that `work` did when it throws or returns `false`. */
  transaction<Result>(work: () => Result): Result {
    const before = new Map([...this.#tables].map(([entity, rows]) => [entity, new Map(rows)]));
    let result: Result | undefined;
    try {
      result = work();
      return result;
    } catch (error) {
      this.#tables = before;
      throw error;
    } finally {
      if (result === false) this.#tables = before;
    }
  }

  /** Creates the row, or changes the fields that are given. Throws `ShopError` with a pointer below the record. */
  upsert(entity: string, record: RawRecord): Touched {
    const model = modelOf(entity);
    const { translations = {}, ...given } = record;
    const lists = Object.entries(model.lists).filter(([list]) => given[list] !== undefined);
    const fields = Object.fromEntries(
      Object.entries(given).filter(([field]) => !lists.some(([list]) => list === field)),
    ) as Row;
    const key = this.#keyFor(entity, fields);
    const stored = this.row(entity, key);
    const texts = textsOf(translations as RawRecord, model);
    const row: Row = { ...stored, ...fields, ...texts[SYSTEM_LANGUAGE], ...key };
    this.#check(entity, row);
    this.#table(entity).set(keyOf(entity, row), row);
    const touched: Touched = { [entity]: [reported(model, key)] };
    if (model.translated.length > 0) this.#translate(entity, { row, texts }, touched);
    for (const [list, link] of lists) this.#link({ row, link, ids: given[list] ?? null }, touched);
    return touched;
  }

  /** `null`: there was no such row. Throws `ShopError` when the key is incomplete or the row is still used. */
  delete(entity: string, key: RawRecord): Touched | null {
    const model = modelOf(entity);
    for (const part of model.primaryKey) {
      if (typeof key[part] !== 'string') throw inconsistentKey(entity, model);
    }
    const row = this.row(entity, keyOf(entity, key));
    if (row === undefined) return null;
    this.#restrict(entity, row);
    const touched: Touched = {};
    this.#remove(entity, row, touched);
    return touched;
  }

  #keyFor(entity: string, fields: Row): Row {
    const model = modelOf(entity);
    if (model.primaryKey.length > 1) {
      for (const part of model.primaryKey) {
        if (typeof fields[part] !== 'string') throw inconsistentKey(entity, model);
      }
      return Object.fromEntries(model.primaryKey.map((part) => [part, fields[part] ?? null]));
    }
    const id = fields.id ?? randomUUID().replaceAll('-', '');
    if (typeof id !== 'string' || !HEX.test(id)) {
      throw new ShopError({ code: 'FRAMEWORK__INVALID_UUID', detail: `Value is not a valid UUID: ${id}`, field: 'id' });
    }
    return { id };
  }

  #check(entity: string, row: Row): void {
    const { required, foreignKeys, unique } = modelOf(entity);
    for (const field of required) {
      if (row[field] === undefined || row[field] === null || row[field] === '') throw notBlank(field);
    }
    for (const [field, { entity: target }] of Object.entries(foreignKeys)) {
      const id = row[field];
      const own = target === entity && id === row.id;
      if (typeof id === 'string' && !own && this.row(target, id) === undefined) {
        throw childRow(entity, field, target);
      }
    }
    for (const field of unique) {
      const same = this.rows(entity).some((other) => other[field] === row[field] && other.id !== row.id);
      if (same) {
        throw new ShopError({
          code: 'CONTENT__DUPLICATE_PRODUCT_NUMBER',
          detail: `Product with number "${row[field]}" already exists.`,
          field,
        });
      }
    }
  }

  #translate(entity: string, { row, texts }: { row: Row; texts: Readonly<Record<string, Row>> }, touched: Touched) {
    const { translated } = modelOf(entity);
    const system = Object.fromEntries(
      translated.filter((name) => name in row).map((name) => [name, row[name] ?? null]),
    );
    const table = `${entity}_translation`;
    for (const [language, fields] of Object.entries({ ...texts, [SYSTEM_LANGUAGE]: system })) {
      const key = { [`${camel(entity)}Id`]: row.id ?? null, languageId: language };
      const at = Object.values(key).join(' ');
      this.#table(table).set(at, { ...this.#table(table).get(at), ...fields, ...key });
      touched[table] = [...(touched[table] ?? []), key];
    }
  }

  #link({ row, link, ids }: { row: Row; link: { mapping: string; key: string }; ids: Json }, touched: Touched): void {
    const own = modelOf(link.mapping).primaryKey.find((key) => key !== link.key) ?? '';
    for (const target of Array.isArray(ids) ? ids : []) {
      const id = isRawRecord(target) ? (target.id ?? null) : null;
      const { [link.mapping]: links = [] } = this.upsert(link.mapping, { [own]: row.id ?? null, [link.key]: id });
      touched[link.mapping] = [...(touched[link.mapping] ?? []), ...links];
    }
  }

  #restrict(entity: string, row: Row): void {
    const usages = this.#pointingAt(entity, row).filter(({ onDelete }) => onDelete === 'restrict');
    if (usages.length === 0) return;
    const users = [...new Set(usages.map(({ by }) => by))];
    const used = users.map((user) => `${user} (${usages.filter(({ by }) => by === user).length})`).join(', ');
    throw new ShopError({
      code: 'FRAMEWORK__DELETE_RESTRICTED',
      status: 409,
      detail: `The delete request for ${entity} was denied due to a conflict. The entity is currently in use by: ${used}`,
      field: null,
    });
  }

  #remove(entity: string, row: Row, touched: Touched): void {
    const model = modelOf(entity);
    this.#table(entity).delete(keyOf(entity, row));
    touched[entity] = [...(touched[entity] ?? []), reported(model, row)];
    for (const [at, text] of this.#table(`${entity}_translation`)) {
      if (text[`${camel(entity)}Id`] === row.id) this.#table(`${entity}_translation`).delete(at);
    }
    for (const { by, field, row: child, onDelete } of this.#pointingAt(entity, row)) {
      if (onDelete === 'cascade') this.#remove(by, child, touched);
      else this.#table(by).set(keyOf(by, child), { ...child, [field]: null });
    }
  }

  #pointingAt(entity: string, row: Row) {
    if (modelOf(entity).primaryKey.length > 1) return [];
    return Object.entries(ENTITIES).flatMap(([by, { foreignKeys }]) =>
      Object.entries(foreignKeys)
        .filter(([, key]) => key.entity === entity)
        .flatMap(([field, { onDelete }]) =>
          this.rows(by)
            .filter((child) => child[field] === row.id)
            .map((child) => ({ by, field, row: child, onDelete })),
        ),
    );
  }

  #table(entity: string): Map<string, Row> {
    const table = this.#tables.get(entity) ?? new Map<string, Row>();
    this.#tables.set(entity, table);
    return table;
  }
}

function modelOf(entity: string): ShopEntity {
  const model = ENTITIES[entity];
  if (model !== undefined) return model;
  throw new ShopError({
    code: 'FRAMEWORK__DEFINITION_NOT_FOUND',
    detail: `Definition for entity "${entity}" does not exist.`,
    field: null,
  });
}

function keyOf(entity: string, row: RawRecord): string {
  return modelOf(entity)
    .primaryKey.map((part) => row[part])
    .join(' ');
}

function reported({ primaryKey }: ShopEntity, key: Row): string | Row {
  if (primaryKey.length === 1) return String(key.id);
  return Object.fromEntries(primaryKey.map((part) => [part, key[part] ?? null]));
}

/** By the id of the language; a locale stands for the language of that locale. */
function textsOf(translations: RawRecord, { translated }: ShopEntity): Record<string, Row> {
  return Object.fromEntries(
    Object.entries(translations).map(([language, texts]) => {
      const id = LANGUAGES[language] ?? language;
      if (!Object.values(LANGUAGES).includes(id)) {
        const detail = `Language not found: ${language}`;
        throw new ShopError({ code: 'FRAMEWORK__LANGUAGE_NOT_FOUND', detail, field: `translations/${language}` });
      }
      const unknown = Object.keys(texts as RawRecord).find((field) => !translated.includes(field));
      if (unknown !== undefined) {
        throw new ShopError({
          code: 'FRAMEWORK__WRITE_ERROR',
          detail: `${unknown} is not translated`,
          field: `translations/${language}/${unknown}`,
        });
      }
      return [id, texts as Row];
    }),
  );
}

function inconsistentKey(entity: string, { primaryKey }: ShopEntity): ShopError {
  return new ShopError({
    code: 'FRAMEWORK__INCOMPLETE_PRIMARY_KEY',
    detail: `The primary key of ${entity} must have all of: ${primaryKey.join(', ')}`,
    field: null,
  });
}

/** What the database says, which the shop hands on as it came: a server error that names no record. */
function childRow(entity: string, field: string, target: string): ShopError {
  const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new ShopError({
    code: '0',
    status: 500,
    detail:
      'An exception occurred while executing a query: SQLSTATE[23000]: Integrity constraint violation: 1452 Cannot add ' +
      `or update a child row: a foreign key constraint fails (\`shop\`.\`${entity}\`, CONSTRAINT ` +
      `\`fk.${entity}.${column}\` FOREIGN KEY (\`${column}\`) REFERENCES \`${target}\` (\`id\`))`,
    field: null,
  });
}

function camel(entity: string): string {
  return entity.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
