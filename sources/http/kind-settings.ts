import { z } from 'zod';
import type { ExpressionEngine } from './engine.ts';
import { pagingSettings } from './paging-settings.ts';
import { fixedParameters, parameterName } from './parameters.ts';
import { pathProblem } from './template.ts';

const path = z.string().superRefine((text, ctx) => {
  const problem = pathProblem(text);
  if (problem !== null) ctx.addIssue({ code: 'custom', message: problem });
});

const parent = z.strictObject({
  kind: z.string().meta({ description: 'The kind whose records the path is filled from, one request for each' }),
  as: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'is not a name; letters, digits and underscores, not a digit first')
    .optional()
    .meta({ description: 'The key under which each record gets the fields of its parent that its path names' }),
});

/** The keys of one kind of a source of type `http`. */
export function kindSettings(engine: ExpressionEngine) {
  const { text } = engine;
  return z
    .strictObject({
      path: path.meta({ description: 'The path of the list, below `url`; {field} is filled from the parent' }),
      query: fixedParameters
        .default({})
        .meta({ description: 'Parameters that every request carries; {field} is filled from the parent' }),
      items: text
        .optional()
        .meta({ description: 'JSONata over an answer to the list of records in it. Default: the answer is the list' }),
      paging: pagingSettings(engine),
      parent: parent.optional().meta({ description: 'The list is asked for once per record of another kind' }),
      recordKey: text.optional().meta({ description: "JSONata: the API's own stable key of a record" }),
      lookup: path.optional().meta({ description: 'The path of one record; {key} is its key, {field} a field of it' }),
      item: text.optional().meta({
        description: 'JSONata over the answer to a lookup to the record in it. Default: the answer is the record',
      }),
      since: parameterName.optional().meta({ description: 'The parameter that asks for what changed since a time' }),
      modified: text.optional().meta({ description: 'JSONata: when a record was changed, as text (RFC 3339)' }),
    })
    .meta({ description: 'How a kind is read' });
}

export type KindSettings = z.output<ReturnType<typeof kindSettings>>;
