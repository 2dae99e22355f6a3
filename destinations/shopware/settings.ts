import { z } from 'zod';

/** Ids and secrets of a shop's integrations are plain words; anything else was pasted wrongly. */
const credential = z.string().regex(/^[\x21-\x7e]+$/, { error: 'must be letters, digits and signs, without blanks' });

const DIALECT =
  'Which Sync API the shop has. v3: /api/v3/_action/sync of 6.2 and 6.3. v6.5: /api/_action/sync of 6.5 and later';

const SINGLE_OPERATION =
  'v3: whether a request is written in one transaction. false: record by record, which loads the shop more. Default: true';

const INDEXING =
  'When the shop indexes what was written: at once, over its message queue, or not until the full index that is asked ' +
  'for when all is written';

/** The keys of `destination:` for a destination of type `shopware` (interface.md). */
export const shopwareSettings = z
  .strictObject({
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
      .regex(/^[^@?#]*$/, 'holds credentials, a query or a fragment; the credentials are clientId and clientSecret')
      .regex(/^(?!.*\/api\/?$)/, "must be the shop's address without /api")
      .meta({ description: "The shop's address, such as https://shop.example.com, without /api" }),
    clientId: credential.meta({ description: 'The access key ID of an integration in the shop' }),
    clientSecret: credential.meta({ description: 'Its secret access key' }),
    dialect: z.enum(['v3', 'v6.5']).default('v6.5').meta({ description: DIALECT }),
    batchSize: z
      .int()
      .min(1)
      .max(250)
      .default(200)
      .meta({ description: 'Rows of one request at most, links included. 100 to 250 is what shops manage well' }),
    singleOperation: z.boolean().optional().meta({ description: SINGLE_OPERATION }),
    indexing: z.enum(['immediate', 'queue', 'disabled']).default('queue').meta({ description: INDEXING }),
  })
  .superRefine(({ dialect, singleOperation }, ctx) => {
    if (dialect !== 'v6.5' || singleOperation !== false) return;
    const message = 'is only for dialect v3: v6.5 writes every request in one transaction; leave it out';
    ctx.addIssue({ code: 'custom', path: ['singleOperation'], message });
  });

export type ShopwareSettings = z.output<typeof shopwareSettings>;
