import type { FieldFailure, FieldPath, Fields, MappedEntity } from '../domain/entity.ts';
import { MAX_BLUEPRINT_BYTES, MAX_IDENTIFIER_BYTES } from '../domain/entity-limits.ts';
import { MappingError } from '../domain/errors.ts';
import type { Json, RawRecord } from '../domain/json.ts';
import { readTime } from '../domain/time.ts';
import { described } from './described.ts';
import { ExpressionError } from './errors.ts';
import { compile } from './expression.ts';
import { fieldValue } from './field-values.ts';
import type { Expression, MappingResult, Rejection, ResourceMapping } from './mapping.ts';
import { shorten } from './shorten.ts';
import { textProblem } from './storable.ts';
import { isBreakDue, takeBreak } from './turn.ts';
import { done, settled, type Waiting } from './waiting.ts';

/** What a mapping needs of an entry of `resources:`. All texts are JSONata. */
export interface MappedResource {
  readonly query: string;
  readonly itemsToParse: string | null;
  readonly entity: EntityTexts;
  /** Entities that belong to the record: one per item of what `items` yields. */
  readonly components: readonly { readonly items: string; readonly entity: EntityTexts }[];
}

interface EntityTexts {
  readonly identifier: string;
  readonly blueprint: string;
  readonly title: string | null;
  readonly team: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly relations: Readonly<Record<string, string>>;
  readonly modifiedAt: string | null;
}

/**
 * The mapping of one resource, its expressions compiled. With `itemsToParse` every expression sees the record with the
 * item beside it, as `item`; those of a component see its own item so, and the other one as `parentItem`. Throws `ExpressionError` for an expression that the configuration should have refused.
 */
export function createResourceMapping(resource: MappedResource): ResourceMapping {
  const { query, itemsToParse } = resource;
  const keeps = compile(query);
  const items = itemsToParse === null ? null : compile(itemsToParse);
  const mapFamily = createFamilyMapping(resource);
  function* map(record: RawRecord, anyRecord: boolean): Waiting<MappingResult> {
    if (isBreakDue()) yield takeBreak();
    const asked = anyRecord ? { value: true } : outcomeOf(keeps, record);
    const kept = asked instanceof Promise ? yield* settled(asked) : asked;
    if ('error' in kept) return { type: 'rejected', stage: 'query', reason: kept.error };
    if (typeof kept.value !== 'boolean') throw notBoolean(query, kept.value);
    if (!kept.value) return { type: 'ruled-out' };
    if (items !== null) return yield* mapItems(record, items, mapFamily);
    const mapped = yield* mapFamily(record);
    if ('stage' in mapped) return { type: 'rejected', ...mapped };
    return { type: 'mapped', entities: mapped.entities, rejections: mapped.rejections };
  }
  return { map: (record, options) => done(map(record, options?.anyRecord ?? false)) };
}

const notBoolean = (query: string, value: unknown): MappingError =>
  new MappingError(
    `the query \`${shorten(query, 200)}\` must yield true or false, but yields ${described(value)}; compare something (archived = false) or use $boolean(…)`,
  );

type EntityMapping = (input: RawRecord) => Waiting<MappedEntity | Rejection>;

/** A record's entity with its components, and what could not be identified among these. */
interface Family {
  readonly entities: readonly MappedEntity[];
  readonly rejections: readonly Rejection[];
}

type FamilyMapping = (input: RawRecord) => Waiting<Family | Rejection>;

function* mapItems(record: RawRecord, items: Expression, mapFamily: FamilyMapping): Waiting<MappingResult> {
  const outcome = outcomeOf(items, record);
  const yielded = outcome instanceof Promise ? yield* settled(outcome) : outcome;
  if ('error' in yielded) return { type: 'rejected', stage: 'itemsToParse', reason: yielded.error };
  const entities: MappedEntity[] = [];
  const rejections: Rejection[] = [];
  for (const [index, item] of listOf(yielded.value).entries()) {
    if (isBreakDue()) yield takeBreak();
    const mapped = yield* mapFamily({ ...record, item: item as Json });
    const rejected = 'stage' in mapped ? [mapped] : mapped.rejections;
    rejections.push(
      ...rejected.map(({ stage, reason }) => ({ stage, reason: `item ${index}: ${reason}`, item: index })),
    );
    if ('entities' in mapped) entities.push(...mapped.entities);
  }
  return { type: 'mapped', entities, rejections };
}

function createFamilyMapping({ entity, components }: MappedResource): FamilyMapping {
  const mapEntity = createEntityMapping(entity);
  const mapComponents = components.map((component, index) => createComponentMapping(component, index));
  return function* (input) {
    const parent = yield* mapEntity(input);
    if ('stage' in parent) return parent;
    const entities: MappedEntity[] = [parent];
    const rejections: Rejection[] = [];
    for (const mapComponent of mapComponents) {
      const { entities: mapped, rejections: rejected } = yield* mapComponent(input, parent);
      entities.push(...mapped);
      rejections.push(...rejected);
    }
    return { entities, rejections };
  };
}

type ComponentMapping = (input: RawRecord, parent: MappedEntity) => Waiting<Family>;

function createComponentMapping(
  { items, entity }: MappedResource['components'][number],
  component: number,
): ComponentMapping {
  const itemsOf = compile(items);
  const mapEntity = createEntityMapping(entity);
  const rejection = (reason: string): Rejection => ({
    stage: 'components',
    reason: `components[${component}]${reason}`,
  });
  return function* (input, { blueprint, identifier }) {
    const outcome = outcomeOf(itemsOf, input);
    const yielded = outcome instanceof Promise ? yield* settled(outcome) : outcome;
    if ('error' in yielded) return { entities: [], rejections: [rejection(`.items: ${yielded.error}`)] };
    const beside: RawRecord = 'item' in input ? { ...input, parentItem: input.item as Json } : input;
    const entities: MappedEntity[] = [];
    const rejections: Rejection[] = [];
    for (const [index, item] of listOf(yielded.value).entries()) {
      if (isBreakDue()) yield takeBreak();
      const mapped = yield* mapEntity({ ...beside, item: item as Json });
      if ('stage' in mapped) rejections.push(rejection(`, item ${index}: ${mapped.reason}`));
      else if (mapped.blueprint === blueprint && mapped.identifier === identifier) {
        rejections.push(rejection(`, item ${index}: it has the blueprint and the identifier of the record itself`));
      } else entities.push({ ...mapped, fields: { ...mapped.fields, parent: { blueprint, identifier } }, component });
    }
    return { entities, rejections };
  };
}

/** JSONata hands out a list of one item as the item itself, and an empty one as nothing. */
const listOf = (yielded: unknown): readonly unknown[] =>
  Array.isArray(yielded) ? yielded : yielded === undefined || yielded === null ? [] : [yielded];

function createEntityMapping({ identifier, blueprint, modifiedAt, ...rest }: MappedResource['entity']): EntityMapping {
  const identifierOf = compile(identifier);
  const blueprintOf = compile(blueprint);
  const timeOf = modifiedAt === null ? null : compile(modifiedAt);
  const fields = fieldTexts(rest).map(([path, text]) => ({ path, expression: compile(text) }));
  return function* (input) {
    const namedBy = outcomeOf(identifierOf, input);
    const id = identityPart('identifier', identifier, namedBy instanceof Promise ? yield* settled(namedBy) : namedBy);
    if ('stage' in id) return id;
    const madeBy = outcomeOf(blueprintOf, input);
    const kind = identityPart('blueprint', blueprint, madeBy instanceof Promise ? yield* settled(madeBy) : madeBy);
    if ('stage' in kind) return kind;
    const values: { [path: string]: Json } = {};
    const failures: FieldFailure[] = [];
    for (const { path, expression } of fields) {
      const outcome = outcomeOf(expression, input);
      const yielded = outcome instanceof Promise ? yield* settled(outcome) : outcome;
      const result = 'error' in yielded ? { problem: yielded.error } : fieldValue(path, yielded.value, expression.text);
      if ('problem' in result) failures.push({ field: path, reason: result.problem });
      else values[path] = result.value;
    }
    const timed = timeOf === null ? { value: null } : outcomeOf(timeOf, input);
    const time = timed instanceof Promise ? yield* settled(timed) : timed;
    const modifiedAt = 'value' in time ? readTime(time.value) : null;
    return { identifier: id.text, blueprint: kind.text, fields: values as Fields, failures, modifiedAt };
  };
}

type FieldTexts = Pick<MappedResource['entity'], 'title' | 'team' | 'properties' | 'relations'>;

function fieldTexts({ title, team, properties, relations }: FieldTexts): [FieldPath, string][] {
  const texts: [FieldPath, string][] = [];
  if (title !== null) texts.push(['title', title]);
  if (team !== null) texts.push(['team', team]);
  for (const [name, text] of Object.entries(properties)) texts.push([`properties.${name}`, text]);
  for (const [name, text] of Object.entries(relations)) texts.push([`relations.${name}`, text]);
  return texts;
}

type IdentityPart = 'identifier' | 'blueprint';

const MAX_BYTES: Readonly<Record<IdentityPart, number>> = {
  identifier: MAX_IDENTIFIER_BYTES,
  blueprint: MAX_BLUEPRINT_BYTES,
};

/** An identity is a non-empty text that PostgreSQL can store and index (sync-semantics 1.4). */
function identityPart(stage: IdentityPart, text: string, yielded: Outcome): { readonly text: string } | Rejection {
  if ('error' in yielded) return { stage, reason: yielded.error };
  const problem = identityProblem(stage, yielded.value, text);
  return problem === null ? { text: yielded.value as string } : { stage, reason: problem };
}

function identityProblem(stage: IdentityPart, value: unknown, text: string): string | null {
  if (typeof value === 'number') return `${stage} yields a number; wrap it: $string(${shorten(text, 120)})`;
  if (typeof value !== 'string' || value === '') {
    return `${stage} \`${shorten(text, 120)}\` must yield a text that is not empty, but yields ${described(value)}`;
  }
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_BYTES[stage]) {
    return `${stage} \`${shorten(text, 120)}\` yields a text of ${bytes} bytes; at most ${MAX_BYTES[stage]}`;
  }
  const broken = textProblem(value);
  return broken === null ? null : `${stage} \`${shorten(text, 120)}\` yields a text that ${broken}`;
}

/** What an expression yields, or why it failed on this input. */
type Outcome = { readonly value: unknown } | { readonly error: string };

function outcomeOf(expression: Expression, input: RawRecord): Outcome | Promise<Outcome> {
  try {
    const value = expression.yields(input);
    return value instanceof Promise ? value.then((settled) => ({ value: settled }), failed) : { value };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Outcome {
  if (error instanceof ExpressionError) return { error: error.message };
  throw error;
}
