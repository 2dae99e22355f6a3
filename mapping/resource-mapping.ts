import type { FieldFailure, FieldPath, Fields, MappedEntity } from '../domain/entity.ts';
import { MAX_BLUEPRINT_BYTES, MAX_IDENTIFIER_BYTES } from '../domain/entity-limits.ts';
import { MappingError } from '../domain/errors.ts';
import type { Json, RawRecord } from '../domain/json.ts';
import { readTime } from '../domain/time.ts';
import { described } from './described.ts';
import { ExpressionError } from './errors.ts';
import { compile } from './expression.ts';
import { fieldValue } from './field-values.ts';
import type { Expression, ItemRejection, MappingResult, Rejection, ResourceMapping } from './mapping.ts';
import { shorten } from './shorten.ts';
import { textProblem } from './storable.ts';
import { isBreakDue, takeBreak } from './turn.ts';

/** What a mapping needs of an entry of `resources:`. All texts are JSONata. */
export interface MappedResource {
  readonly query: string;
  readonly itemsToParse: string | null;
  readonly entity: {
    readonly identifier: string;
    readonly blueprint: string;
    readonly title: string | null;
    readonly team: string | null;
    readonly properties: Readonly<Record<string, string>>;
    readonly relations: Readonly<Record<string, string>>;
    readonly modifiedAt: string | null;
  };
}

/**
 * The mapping of one resource, its expressions compiled. With `itemsToParse` every expression sees the record with the
 * item beside it, as `item`. Throws `ExpressionError` for an expression that the configuration should have refused.
 */
export function createResourceMapping({ query, itemsToParse, entity }: MappedResource): ResourceMapping {
  const keeps = compile(query);
  const items = itemsToParse === null ? null : compile(itemsToParse);
  const mapEntity = createEntityMapping(entity);
  return {
    async map(record, options): Promise<MappingResult> {
      if (isBreakDue()) await takeBreak();
      const yielded = options?.anyRecord ? { value: true } : outcomeOf(keeps, record);
      const kept = yielded instanceof Promise ? await yielded : yielded;
      if ('error' in kept) return { type: 'rejected', stage: 'query', reason: kept.error };
      if (typeof kept.value !== 'boolean') throw notBoolean(query, kept.value);
      if (!kept.value) return { type: 'ruled-out' };
      if (items !== null) return mapItems(record, items, mapEntity);
      const mapped = await mapEntity(record);
      if ('stage' in mapped) return { type: 'rejected', ...mapped };
      return { type: 'mapped', entities: [mapped], rejections: [] };
    },
  };
}

const notBoolean = (query: string, value: unknown): MappingError =>
  new MappingError(
    `the query \`${shorten(query, 200)}\` must yield true or false, but yields ${described(value)}; compare something (archived = false) or use $boolean(…)`,
  );

type EntityMapping = (input: RawRecord) => Promise<MappedEntity | Rejection>;

async function mapItems(record: RawRecord, items: Expression, mapEntity: EntityMapping): Promise<MappingResult> {
  const outcome = outcomeOf(items, record);
  const yielded = outcome instanceof Promise ? await outcome : outcome;
  if ('error' in yielded) return { type: 'rejected', stage: 'itemsToParse', reason: yielded.error };
  const entities: MappedEntity[] = [];
  const rejections: ItemRejection[] = [];
  for (const [index, item] of listOf(yielded.value).entries()) {
    if (isBreakDue()) await takeBreak();
    const mapped = await mapEntity({ ...record, item: item as Json });
    if ('stage' in mapped) rejections.push({ ...mapped, reason: `item ${index}: ${mapped.reason}`, item: index });
    else entities.push(mapped);
  }
  return { type: 'mapped', entities, rejections };
}

/** JSONata hands out a list of one item as the item itself, and an empty one as nothing. */
const listOf = (yielded: unknown): readonly unknown[] =>
  Array.isArray(yielded) ? yielded : yielded === undefined || yielded === null ? [] : [yielded];

function createEntityMapping({ identifier, blueprint, modifiedAt, ...rest }: MappedResource['entity']): EntityMapping {
  const identifierOf = compile(identifier);
  const blueprintOf = compile(blueprint);
  const timeOf = modifiedAt === null ? null : compile(modifiedAt);
  const fields = fieldTexts(rest).map(([path, text]) => ({ path, expression: compile(text) }));
  return async (input) => {
    const yieldedId = outcomeOf(identifierOf, input);
    const id = identityPart('identifier', identifier, yieldedId instanceof Promise ? await yieldedId : yieldedId);
    if ('stage' in id) return id;
    const yieldedKind = outcomeOf(blueprintOf, input);
    const kind = identityPart('blueprint', blueprint, yieldedKind instanceof Promise ? await yieldedKind : yieldedKind);
    if ('stage' in kind) return kind;
    const values: [FieldPath, Json][] = [];
    const failures: FieldFailure[] = [];
    for (const { path, expression } of fields) {
      const outcome = outcomeOf(expression, input);
      const yielded = outcome instanceof Promise ? await outcome : outcome;
      const result = 'error' in yielded ? { problem: yielded.error } : fieldValue(path, yielded.value, expression.text);
      if ('problem' in result) failures.push({ field: path, reason: result.problem });
      else values.push([path, result.value]);
    }
    const fieldValues = Object.fromEntries(values) as Fields;
    const mapped = { identifier: id.text, blueprint: kind.text, fields: fieldValues, failures };
    if (timeOf === null) return { ...mapped, modifiedAt: null };
    const time = await outcomeOf(timeOf, input);
    return { ...mapped, modifiedAt: 'value' in time ? readTime(time.value) : null };
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

/** A Promise only where the expression needs one: a record whose expressions are all compiled is mapped in one go. */
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
