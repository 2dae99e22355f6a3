import { z } from 'zod';
import { SCOPE } from '../domain/call.ts';
import { MAX_BLUEPRINT_BYTES, MAX_IDENTIFIER_BYTES } from '../domain/entity-limits.ts';
import { isRawRecord } from '../domain/json.ts';
import { fieldProblem, textProblem } from './field-values.ts';

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

function relationProblem(value: unknown): string | null {
  const fits = value === null || isText(value) || (Array.isArray(value) && value.every(isText));
  return fits ? fieldProblem(value) : 'must be an identifier, a list of identifiers or null';
}

/** Looked at entry by entry, so that no key of the map is taken for anything but a name. */
const fieldMap = (problemOf: (value: unknown) => string | null) =>
  z
    .unknown()
    .superRefine((map, ctx) => {
      if (map === undefined) return;
      if (!isRawRecord(map)) return ctx.addIssue({ code: 'custom', message: 'must be an object of fields by name' });
      for (const [name, value] of Object.entries(map)) {
        const problem =
          name === '' ? 'has no name' : (textProblem(name) ?? (value === undefined ? null : problemOf(value)));
        if (problem !== null) ctx.addIssue({ code: 'custom', path: [name], message: problem });
      }
    })
    .optional();

const identityText = (maxBytes: number) =>
  z.string().superRefine((text, ctx) => {
    const bytes = Buffer.byteLength(text);
    let problem = textProblem(text);
    if (text === '') problem = 'must not be empty';
    else if (bytes > maxBytes) problem = `has ${bytes} bytes; at most ${maxBytes}`;
    if (problem !== null) ctx.addIssue({ code: 'custom', message: problem });
  });

const text = z.string().superRefine((value, ctx) => {
  const problem = fieldProblem(value);
  if (problem !== null) ctx.addIssue({ code: 'custom', message: problem });
});

/** An entity as callers write it. A field that is left out is not written; `null` clears one. */
const entity = z.strictObject({
  identifier: identityText(MAX_IDENTIFIER_BYTES),
  blueprint: identityText(MAX_BLUEPRINT_BYTES),
  title: text.nullish(),
  team: z.union([text, z.array(text), z.null()], { error: 'must be a text, a list of texts or null' }).optional(),
  properties: fieldMap(fieldProblem),
  relations: fieldMap(relationProblem),
});

const row = z.custom(isRawRecord, { error: 'must be a JSON object, one raw record' });

/** What calls must hold (seed S0.30, S0.46). */
export const callSchemas = {
  rows: z.array(row),
  rawDiff: z.strictObject({ before: z.array(row), after: z.array(row) }),
  entities: z.array(entity),
  diff: z.strictObject({ before: z.array(entity), after: z.array(entity) }),
  scope: z
    .string()
    .regex(SCOPE, 'must have 1 to 63 letters, digits, dots, hyphens or underscores, a letter or digit first'),
};
