import { z } from '@hono/zod-openapi';
import type { ExportLine } from '../../domain/export.ts';
import { entityFields } from './entity.ts';
import { time } from './run.ts';

const exported = {
  ...entityFields,
  changedAt: time.openapi({ description: 'When it, or a component of it, last changed here' }),
  modifiedAt: time.openapi({ description: 'When it last changed where it came from, as far as that is known' }),
  times: z
    .record(z.string(), time)
    .optional()
    .openapi({ description: 'With `peer`: the same for single fields, where it is known' }),
  editedAt: time.optional().openapi({ description: 'With `peer`: nothing but edits of people holds it; the last one' }),
};

const msince = z.string().openapi({ description: 'What the next export asks for', example: '2026-01-31T12:00:00Z' });

const key = z.strictObject({ blueprint: z.string(), identifier: z.string() });

/** A line of an export. */
export const exportLineSchema: z.ZodType<ExportLine> = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('entity'),
      ...exported,
      referenced: z.boolean().openapi({ description: 'Not selected itself: a record that was sent refers to it' }),
      components: z.array(z.strictObject(exported)),
    }),
    z.strictObject({
      type: z.literal('tombstone'),
      ...key.shape,
      changedAt: time,
      deletedAt: time.openapi({ description: 'When it was deleted where it came from, as far as that is known' }),
      parent: key.nullable().openapi({ description: 'The record that the component belonged to' }),
    }),
    z.strictObject({
      type: z.literal('cursor'),
      cursor: z.string().openapi({ description: 'An export that breaks off after this line goes on from here' }),
      msince,
    }),
    z.strictObject({
      type: z.literal('end'),
      msince,
    }),
  ])
  .openapi('ExportLine');
