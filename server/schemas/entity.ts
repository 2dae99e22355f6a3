import { z } from '@hono/zod-openapi';
import type { Entity } from '../../domain/entity.ts';
import type { QuarantinedRecord } from '../../domain/quarantine.ts';
import { time } from './run.ts';

const names = z.union([z.string(), z.array(z.string())]).nullable();

export const entityFields = {
  blueprint: z.string(),
  identifier: z.string(),
  parent: z
    .strictObject({ blueprint: z.string(), identifier: z.string() })
    .optional()
    .openapi({ description: 'The record that it belongs to as a component; without: it is a record itself' }),
  title: z.string().nullable(),
  team: names,
  properties: z.record(z.string(), z.any()),
  relations: z.record(z.string(), names),
};

export const entitySchema: z.ZodType<Entity> = z.strictObject(entityFields).openapi('Entity');

export const quarantinedSchema: z.ZodType<QuarantinedRecord> = z
  .strictObject({
    kind: z.string(),
    resource: z.string(),
    key: z.string(),
    stage: z.string().openapi({ description: 'What could not be evaluated, such as `identifier`' }),
    reason: z.string(),
    raw: z.string().openapi({ description: 'The record, as JSON text' }),
    firstSeen: time,
    lastSeen: time,
  })
  .openapi('QuarantinedRecord');
