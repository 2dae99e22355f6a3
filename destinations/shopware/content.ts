import type { Blueprint } from '../../domain/blueprint.ts';
import type { Fields } from '../../domain/entity.ts';
import { isRawRecord, type Json } from '../../domain/json.ts';
import type { RemoteEntity } from '../remote/remote.ts';
import { shopId } from './shop-id.ts';
import { UnsendableError } from './unsendable.ts';

/** A row of a request, or what a part of one says; of a delete, just its primary key. */
export type Row = Readonly<Record<string, Json>>;

/** A field as it is to be, and what earlier requests may have left in its place. `undefined`: not named. */
interface Change {
  readonly now: Json | undefined;
  readonly before: readonly (Json | undefined)[];
}

/**
 * What an entity says, under the shop's names: a title is `name`, a property keeps its name, a relation to one is the
 * foreign key `<name>Id`. What earlier requests left there and is not named any more is `null`. Lists that are made up
 * of links are not in it. Throws `UnsendableError`.
 */
export function contentOf({ fields, held }: RemoteEntity, blueprint: Blueprint): Row {
  // Maps, since a field may be called `__proto__`.
  const row = new Map<string, Json>();
  const translations = new Map<string, Map<string, Json>>();
  for (const path of new Set([fields, ...held].flatMap((each) => Object.keys(each)))) {
    const change = { now: at(fields, path), before: held.map((each) => at(each, path)) };
    if (path === 'team') refuseTeam(change);
    else if (path.startsWith('relations.')) {
      const foreignKey = foreignKeyOf(path.slice('relations.'.length), change, blueprint);
      if (foreignKey !== null) row.set(...foreignKey);
    } else {
      const name = path === 'title' ? 'name' : path.slice('properties.'.length);
      const texts = blueprint.translated.includes(name) ? textsOf(change) : [];
      for (const [language, text] of texts) {
        translations.set(language, (translations.get(language) ?? new Map<string, Json>()).set(name, text));
      }
      if (!isRawRecord(change.now) || texts.length === 0) row.set(name, wholeValue(name, change));
    }
  }
  if (translations.size > 0) {
    row.set(
      'translations',
      Object.fromEntries([...translations].map(([at, texts]) => [at, Object.fromEntries(texts)])),
    );
  }
  return Object.fromEntries(row);
}

const at = (fields: Fields, path: string): Json | undefined => (fields as Row)[path];

function refuseTeam({ now = null }: Change): void {
  if (now !== null) throw new UnsendableError('team: a shop has no teams');
}

/** The texts by language; a language that is not named any more is cleared, since the shop keeps what is left out. */
function textsOf({ now, before }: Change): [language: string, text: Json][] {
  const languages = new Set([now, ...before].filter(isRawRecord).flatMap((texts) => Object.keys(texts)));
  const texts = new Map(isRawRecord(now) ? Object.entries(now) : []);
  return [...languages].map((language) => [language, texts.get(language) ?? null]);
}

function wholeValue(name: string, { now = null, before }: Change): Json {
  // The one object that the shop merges with what it has, in place of replacing it.
  if (name !== 'customFields' || !isRawRecord(now)) return now;
  const names = before.filter(isRawRecord).flatMap((fields) => Object.keys(fields));
  return { ...Object.fromEntries(names.map((each) => [each, null])), ...now };
}

/** `null`: there is none, since the relation is a list of links. */
function foreignKeyOf(relation: string, { now = null }: Change, { relations }: Blueprint): [string, Json] | null {
  const declared = relations.get(relation);
  // What a relation that is gone from the configuration left there, nobody can tell any more.
  if (declared === undefined && now === null) return null;
  if (declared === undefined) {
    throw new UnsendableError(`relations.${relation}: the blueprint declares no such relation`);
  }
  if (declared.through !== null) return null;
  if (now !== null && typeof now !== 'string') {
    throw new UnsendableError(`relations.${relation}: a list needs \`many: true\` and \`through\` in its declaration`);
  }
  return [`${relation}Id`, now === null ? null : shopId(declared.target, now)];
}
