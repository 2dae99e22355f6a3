import { z } from 'zod';
import { SourceError } from '../../domain/errors.ts';
import type { ListRequest, Page, Source, SourceType } from '../source.ts';
import { GitHubClient } from './client.ts';
import { identify, lacksKey } from './identity.ts';
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
});

/** GitHub, GitHub Enterprise and APIs with the same routes. */
export const githubSource: SourceType<GitHubSource> = {
  type: 'github',
  settings,
  kinds: selectorSchemas,
  create: (values) => createGitHubSource(new GitHubClient(settings.parse(values))),
};

/** Its `identify` needs no waiting. */
type GitHubSource = ReturnType<typeof createGitHubSource>;

/** The source over a client of the caller's making. */
export function createGitHubSource(client: GitHubClient) {
  return {
    list: (request) => list(client, request),
    identify: (kind, record) => identify(known(kind), record),
    async lookup({ kind, key, locator, signal, log }) {
      const record = await client.lookup(locator, { signal, log });
      if (record === null) return null;
      if (lacksKey(known(kind), key, record)) {
        throw new SourceError(`${locator} answered without the record's key, so whether it is ${key} is unknown`);
      }
      return identify(known(kind), record).key === key ? record : null;
    },
    admits: (kind, selector, record) => isSelected(known(kind), selector, record),
  } satisfies Source;
}

/** What each kind is called in the log (seed S3.14). */
const words: Readonly<Record<Kind, string>> = {
  organization: 'organization',
  repository: 'repository',
  'pull-request': 'pull request',
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
  'pull-request'(client, { selector, cursor, signal, log }) {
    const { organizations, type, state } = selectorSchemas['pull-request'].parse(selector);
    return {
      what: `${state} pull requests for organizations: ${organizations.join(', ')}`,
      pages: client.pullRequests(organizations, { type, state }, { after: cursor, signal, log }),
    };
  },
};

async function* onePage(rows: () => Promise<Page['rows']>): AsyncGenerator<Page> {
  yield { rows: await rows(), next: null };
}

function known(kind: string): Kind {
  if (Object.hasOwn(selectorSchemas, kind)) return kind as Kind;
  throw new SourceError(`The github source has no kind "${kind}"; it has ${Object.keys(selectorSchemas).join(', ')}`);
}
