import { z } from 'zod';
import type { ExpressionEngine } from './engine.ts';
import { pageSize, parameterName } from './parameters.ts';

/** Styles that need nothing but their name. */
const WORDS = ['link', 'page', 'offset', 'none'] as const;

const FORMS = 'must be link, page, offset or none, or a map with type: link, page, offset, cursor or none';

/** How an API hands out a list: in one piece, or page by page in one of four styles. */
export function pagingSettings({ text }: ExpressionEngine) {
  const size = pageSize.optional().meta({ description: 'Records on a page, as the API gives them' });
  const sizeParameter = parameterName
    .optional()
    .meta({ description: 'The parameter that asks for pages of that size' });
  const styles = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }).meta({ description: 'One answer holds every record' }),
    z
      .strictObject({
        type: z.literal('link'),
        next: text
          .optional()
          .meta({ description: "JSONata over an answer: the next page's address. Default: its Link header" }),
      })
      .meta({ description: 'Each answer has the address of the next page' }),
    z
      .strictObject({
        type: z.literal('page'),
        parameter: parameterName.default('page').meta({ description: "The parameter with the page's number" }),
        first: z.int().min(0).default(1).meta({ description: 'The number of the first page' }),
        size,
        sizeParameter,
        last: text.optional().meta({ description: 'JSONata over an answer: the number of the last page' }),
      })
      .meta({ description: 'Pages have numbers' }),
    z
      .strictObject({
        type: z.literal('offset'),
        parameter: parameterName.default('offset').meta({ description: 'The parameter with the records to leave out' }),
        size,
        sizeParameter,
        total: text.optional().meta({ description: 'JSONata over an answer: the number of records in all' }),
      })
      .meta({ description: 'A page begins after a number of records' }),
    z
      .strictObject({
        type: z.literal('cursor'),
        parameter: parameterName.meta({ description: 'The parameter with the cursor' }),
        next: text.meta({ description: 'JSONata over an answer: the cursor of the next page; nothing on the last' }),
      })
      .meta({ description: 'Each answer has a cursor for the next page' }),
  ]);
  return z
    .union([z.enum(WORDS), styles], { error: ({ input }) => (isMap(input) ? undefined : wordProblem(input)) })
    .transform((paging) => (typeof paging === 'string' ? styles.parse({ type: paging }) : paging))
    .meta({ description: 'How the list is handed out' });
}

export type PagingSettings = z.output<ReturnType<typeof pagingSettings>>;

/** The parameters of a request that the paging sets. */
export function pagingParameters(paging: PagingSettings): string[] {
  if (paging.type === 'none' || paging.type === 'link') return [];
  const sizeParameter = paging.type === 'cursor' ? undefined : paging.sizeParameter;
  return [paging.parameter, sizeParameter].filter((name) => name !== undefined);
}

function wordProblem(input: unknown): string {
  if (input === undefined) return `is missing; it ${FORMS}`;
  return input === 'cursor' ? 'needs its parameter and next: { type: cursor, parameter: …, next: … }' : FORMS;
}

function isMap(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
