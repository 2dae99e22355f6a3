import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';
import { isRawRecord, type Json } from '../../domain/json.ts';
import { HttpClient, type HttpLimits } from '../http-client/client.ts';
import type { ListRequest, Page, Source, SourceType } from '../source.ts';
import type { ExpressionEngine } from './engine.ts';
import { compileKinds, type Kind } from './kinds.ts';
import { decodePlace, encodePlace } from './place.ts';
import { Reader } from './reader.ts';
import { identify, isStillThere, latestChange, lookUp } from './records.ts';
import { type HttpSettings, httpSettings } from './settings.ts';
import { type KindPage, Walk } from './walk.ts';

/** A REST API, described by settings alone. */
export function httpSource(engine: ExpressionEngine): SourceType {
  const settings = httpSettings(engine);
  return {
    type: 'http',
    settings,
    kinds: {},
    kindsOf: kindsIn,
    create: (values) => createHttpSource(settings.parse(values), engine),
  };
}

/** Those that the settings name, whether what is said of them is right or not. They have no selector fields. */
function kindsIn(settings: Json): Readonly<Record<string, z.ZodObject>> {
  const kinds = isRawRecord(settings) ? settings.kinds : undefined;
  const names = isRawRecord(kinds) ? Object.keys(kinds) : [];
  return Object.fromEntries(names.map((name) => [name, z.strictObject({})]));
}

/** The source of settings that were checked. `limits` for tests: their pauses should not be noticed. */
export function createHttpSource(settings: HttpSettings, engine: ExpressionEngine, limits: HttpLimits = {}): Source {
  const http = new HttpClient({ ...limits, ...clientOptions(settings) });
  const kinds = compileKinds(settings.kinds, engine);
  const walk = new Walk(new Reader(http), (kind, record, options) => isStillThere(http, kind, record, options));
  const known = (name: string): Kind => {
    const kind = kinds.get(name);
    if (kind) return kind;
    throw new SourceError(`The http source has no kind "${name}"; it has ${[...kinds.keys()].join(', ')}`);
  };
  return {
    incremental: [...kinds.values()].filter((kind) => kind.settings.since !== undefined).map((kind) => kind.name),
    list: (request) => list(walk, known(request.kind), request),
    identify: async (kind, record) => identify(known(kind), record),
    lookup: async (request) => lookUp(http, known(request.kind), request),
  };
}

/** Parts shorter than this are words and numbers, and would take letters out of what an API says. */
const SHORTEST_SECRET = 6;

function clientOptions({ url, accessToken, headers, kinds }: HttpSettings) {
  const own = Object.keys(headers).map((name) => name.toLowerCase());
  const parameters = Object.values(kinds).flatMap(({ query }) => Object.values(query));
  const sent = [...Object.values(headers), ...parameters].flatMap((value) => [value, ...value.split(/\s+/)]);
  return {
    baseUrl: url,
    accessToken,
    headers: { ...(own.includes('accept') ? {} : { Accept: 'application/json' }), ...headers },
    names: { address: 'source.url', request: 'source.kinds' },
    secrets: sent.filter((part) => part.length >= SHORTEST_SECRET),
    headerCredential: own.length > 0 ? 'the credential in source.headers' : null,
  };
}

/** The listings of several parents share a page until it has this many rows. */
const ROWS_PER_PAGE = 100;

/** A page is handed out after this many reads, empty or not: so there is a cursor to go on from. */
const READS_PER_PAGE = 30;

async function* list(walk: Walk, kind: Kind, request: ListRequest): AsyncGenerator<Page> {
  const { cursor, log, signal, since } = request;
  if (cursor === null) log.info(`Retrieving ${kind.name} from ${kind.settings.path}`);
  const begin = { from: cursor === null ? null : decodePlace(cursor), options: { since, signal, log } };
  const pages = walk.pages(kind, begin);
  for await (const page of kind.parent === null ? pages : joinedPages(pages)) {
    log.info(`Retrieved ${kind.name} batch of size: ${page.rows.length}`);
    yield {
      rows: page.rows,
      next: page.next === null ? null : encodePlace(page.next, kind.name),
      clock: page.clock,
      modified: kind.settings.since === undefined ? null : await latestChange(kind, page.rows),
    };
  }
}

/** Small pages put together. What was read before an error is handed out first: pages before the failing one stand. */
async function* joinedPages(pages: AsyncIterable<KindPage>): AsyncGenerator<KindPage> {
  let waiting: KindPage[] = [];
  const isFull = (): boolean =>
    waiting.length >= READS_PER_PAGE || waiting.reduce((sum, { rows }) => sum + rows.length, 0) >= ROWS_PER_PAGE;
  try {
    for await (const page of pages) {
      waiting.push(page);
      if (page.next !== null && !isFull()) continue;
      const full = waiting;
      waiting = [];
      yield* together(full);
    }
  } catch (error) {
    yield* together(waiting);
    throw error;
  }
  yield* together(waiting);
}

function together(pages: readonly KindPage[]): KindPage[] {
  const last = pages.at(-1);
  if (last === undefined) return [];
  const clock = pages.map((page) => page.clock).find((time) => time !== null) ?? null;
  return [{ ...last, rows: pages.flatMap(({ rows }) => rows), clock }];
}
