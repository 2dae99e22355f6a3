import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type Json } from '../../domain/json.ts';
import { readTime } from '../../domain/time.ts';
import { HttpClient, type HttpLimits } from '../http-client/client.ts';
import type { ListRequest, Page, Source, SourceType } from '../source.ts';
import { pageOf } from './lines.ts';

/** Blueprints stand in workflow ids and in the names of resources. */
const blueprint = z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, {
  error:
    'a blueprint that is read has 1 to 63 letters, digits, hyphens, dots and underscores, and begins with a letter or a digit',
});

const settings = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
    .regex(/^[^@?#]*$/, 'holds credentials, a query or a fragment; a token belongs into accessToken')
    .meta({ description: 'Where the other Tidemark listens, such as http://catalog.example.com:8480' }),
  accessToken: z
    .string()
    .regex(/^[\x21-\x7e]*$/, 'holds a blank or a character that a header cannot carry')
    .optional()
    .meta({ description: 'Its server.token' }),
  blueprints: z.array(blueprint).min(1).meta({ description: 'The blueprints that are read; each is a kind' }),
});

/** Pages of the other's export that are asked for at a time: up to 1,000 records, or 20 MB. */
const PAGES = 5;

/** The catalog of another Tidemark: what is held there by other sources than Tidemarks (sync-semantics 8.6). */
export const tidemarkSource = {
  type: 'tidemark',
  settings,
  kinds: {},
  kindsOf: kindsIn,
  create: (values) => createTidemarkSource(settings.parse(values)),
} satisfies SourceType;

function kindsIn(values: Json): Readonly<Record<string, z.ZodObject>> {
  const named = isRawRecord(values) ? values.blueprints : undefined;
  const names = Array.isArray(named) ? named.filter((name) => typeof name === 'string') : [];
  return Object.fromEntries(names.map((name) => [name, z.strictObject({})]));
}

/** The source of settings that were checked. `limits` for tests: their pauses should not be noticed. */
export function createTidemarkSource(
  { baseUrl, accessToken, blueprints }: z.output<typeof settings>,
  limits: HttpLimits = {},
): Source {
  const http = new HttpClient({
    ...limits,
    baseUrl,
    accessToken,
    headers: { Accept: 'application/x-ndjson' },
    names: { address: 'source.baseUrl', request: 'source.blueprints' },
  });
  return {
    incremental: blueprints,
    list: (request) => list(http, request),
    identify: (_, record) => ({ key: String(record.identifier), locator: null }),
    lookup: async () => null,
    timesOf: ({ times }) => (isRawRecord(times) ? (times as Readonly<Record<string, string>>) : {}),
    editedAt: ({ editedAt }) => readTime(editedAt),
  };
}

async function* list(http: HttpClient, request: ListRequest): AsyncGenerator<Page> {
  const { kind, since, log } = request;
  if (request.cursor === null) log.info(`Retrieving ${kind} from ${http.origin}`);
  for (let cursor = request.cursor, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const url = http.url('/v1/export', {
      blueprint: kind,
      peer: 'true',
      deleted: 'true',
      pages: String(PAGES),
      ...(since === null ? {} : { msince: since }),
      ...(cursor === null ? {} : { cursor }),
    });
    const answer = await http.get(url, request);
    if (answer === null)
      throw new SourceError(cursor !== null ? expired(kind) : since !== null ? tooOld(kind, since) : notThere(http));
    const page = pageOf(answer.body, `the export of ${kind} from ${http.origin}`);
    if (page.cursor !== null && page.cursor === cursor) throw new SourceError(`the export of ${kind} goes in a circle`);
    log.info(`Retrieved ${kind} batch of size: ${page.rows.length}`);
    // What it hands out for the next time is the clock that counts: no change before it is missing (8.3).
    yield { rows: page.rows, gone: page.gone, next: page.cursor, clock: page.msince };
    cursor = page.cursor;
  }
}

const notThere = ({ origin }: HttpClient): string =>
  `${origin} has no /v1/export: check source.baseUrl; what answers there is no Tidemark, or an older one`;

const tooOld = (kind: string, since: string): string =>
  `the export of ${kind} since ${since} is not to be had: what was deleted is not known from so far back (tombstones.keep there), or there is no Tidemark; resync in full, without --since`;

const expired = (kind: string): string =>
  `the export of ${kind} has gone on for more than a day, and its cursor is not known any more; resync anew`;
