import { z } from 'zod';

const secret = z.string().regex(/^[\x21-\x7e]+$/, { error: 'must be letters, digits and signs, without spaces' });

const flag = (fallback: boolean, description: string) => z.boolean().default(fallback).meta({ description });

/** The keys of `destination:` for a destination of type `port`. */
export const portSettings = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
    .regex(/^[^@?#]*$/, 'holds credentials, a query or a fragment; credentials belong into clientId and clientSecret')
    .default('https://api.getport.io')
    .meta({ description: 'Where the API is, without `/v1`' }),
  clientId: secret.meta({ description: 'Of the credentials that entities are written with' }),
  clientSecret: secret.meta({ description: 'Never shown' }),
  merge: flag(
    true,
    'Whether what others wrote to the same entity stays; what the mapping no longer names is cleared either way',
  ),
  createMissingRelatedEntities: flag(
    false,
    'Whether Port makes a missing target of a relation. Default: entities are written after those they refer to',
  ),
  createBlueprints: flag(false, 'Whether `blueprints` that Port lacks are made there; what is there is left alone'),
  reconcileEvery: z
    .int()
    .min(1)
    .default(12)
    .meta({ description: 'After so many full resyncs the next one asks Port what it holds' }),
});

export type PortSettings = z.output<typeof portSettings>;
