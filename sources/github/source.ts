import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';
import type { ListRequest, Page, Source, SourceType } from '../source.ts';
import { GitHubClient } from './client.ts';
import { githubDefaults } from './defaults.ts';
import { githubEvents } from './events.ts';
import { identify, lacksKey } from './identity.ts';
import { type ItemKind, isItemKind, items } from './items.ts';
import { isSelected, type Kind, selectorSchemas } from './selectors.ts';

const settings = z.strictObject({
  /** Where the API's paths begin (seed S3.5). */
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
    .regex(/^[^@?#]*$/, 'holds credentials, a query or a fragment; a token belongs into accessToken')
    .default('https://api.github.com'),
  /** Needed for private records (seed S3.6); empty: none. */
  accessToken: z
    .string()
    .regex(/^[\x21-\x7e]*$/, 'holds a blank or a character that a header cannot carry')
    .optional(),
  /** What GitHub signs its webhooks with; empty: none, and they are refused. */
  webhookSecret: z.string().optional(),
});

/** GitHub, GitHub Enterprise and APIs with the same routes. */
export const githubSource = {
  type: 'github',
  settings,
  kinds: selectorSchemas as SourceType['kinds'],
  defaults: githubDefaults,
  create(values: Readonly<Record<string, unknown>>) {
    const { webhookSecret, ...options } = settings.parse(values);
    return createGitHubSource(new GitHubClient(options), webhookSecret);
  },
} satisfies SourceType;

/** The source over a client of the caller's making. Without a secret it refuses webhooks. */
export function createGitHubSource(client: GitHubClient, webhookSecret?: string) {
  return {
    events: githubEvents(webhookSecret),
    incremental: Object.keys(items),
    list: (request) => list(client, request),
    identify: (kind, record) => identify(known(kind), record),
    async lookup({ kind, key, locator, signal, log }) {
      const record = await client.lookup(locator, { signal, log });
      if (record === null) return null;
      if (lacksKey(known(kind), key, record)) {
        throw new SourceError(`${locator} answered without the record's key, so whether it is ${key} is unknown`);
      }
      if (identify(known(kind), record).key !== key) return null;
      return isItemKind(kind) ? client.completed(kind, record, { signal, log }) : record;
    },
    admits: (kind, selector, record) => isSelected(known(kind), selector, record),
  } satisfies Source;
}

/** What each kind is called in the log (seed S3.14). */
const words: Readonly<Record<Kind, string>> = {
  organization: 'organization',
  repository: 'repository',
  'pull-request': 'pull request',
  issue: 'issue',
};

async function* list(client: GitHubClient, request: ListRequest): AsyncGenerator<Page> {
  const kind = known(request.kind);
  const { what, pages } = read[kind](client, request);
  if (request.cursor === null) request.log.info(`Retrieving ${what}`);
  for await (const page of pages) {
    request.log.info(`Retrieved ${words[kind]} batch of size: ${page.rows.length}`);
    yield page;
  }
}

interface Reading {
  readonly what: string;
  readonly pages: AsyncIterable<Page>;
}

const read: Readonly<Record<Kind, (client: GitHubClient, request: ListRequest) => Reading>> = {
  organization(client, { selector, signal, log }) {
    const { organizations } = selectorSchemas.organization.parse(selector);
    return {
      what: `organizations: ${organizations.join(', ')}`,
      pages: onePage(() => client.organizations(organizations, { signal, log })),
    };
  },
  repository(client, { selector, cursor, signal, log }) {
    const { organizations, type } = selectorSchemas.repository.parse(selector);
    return {
      what: `${type} repositories for organizations: ${organizations.join(', ')}`,
      pages: client.repositories(organizations, type, { after: cursor, signal, log }),
    };
  },
  'pull-request': (client, request) => readItems('pull-request', client, request),
  issue: (client, request) => readItems('issue', client, request),
};

function readItems(kind: ItemKind, client: GitHubClient, request: ListRequest): Reading {
  const { since, cursor: after, signal, log } = request;
  const selected = selectorSchemas[kind].parse(request.selector);
  const changed = since === null ? '' : ` that changed since ${since}`;
  return {
    what: `${selected.state} ${items[kind].words}${changed} for organizations: ${selected.organizations.join(', ')}`,
    pages: client.items(kind, { ...selected, since }, { after, signal, log }),
  };
}

async function* onePage(rows: () => Promise<Page['rows']>): AsyncGenerator<Page> {
  yield { rows: await rows(), next: null };
}

function known(kind: string): Kind {
  if (Object.hasOwn(selectorSchemas, kind)) return kind as Kind;
  throw new SourceError(`The github source has no kind "${kind}"; it has ${Object.keys(selectorSchemas).join(', ')}`);
}
