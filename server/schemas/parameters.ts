import { z } from '@hono/zod-openapi';

/** A text that the database can be asked for. */
const text = z.string().refine((value) => !value.includes('\0'), { error: 'must not hold NUL' });

export const integrationParameter = text.openapi({
  description: 'The id of the integration, as in the configuration',
  example: 'acme-github',
});

export const nameParameter = text;

/** How many of a list are wanted. */
export const limit = (standard: number) =>
  z.coerce
    .number({ error: 'must be a whole number' })
    .int({ error: 'must be a whole number' })
    .min(1, { error: 'must be at least 1' })
    .max(1000, { error: 'must be at most 1000' })
    .default(standard)
    .openapi({ description: 'At most so many', type: 'integer', minimum: 1, maximum: 1000, default: standard });

/** Whether the answer is to come once what was asked for is done. */
export const waitQuery = z.strictObject({
  wait: z
    .enum(['true', 'false'])
    .default('false')
    .transform((word) => word === 'true')
    .openapi({ description: 'Answer when the run has ended', type: 'boolean', default: false }),
});
